"""The search: what it keeps of projects, what a query means, the order of hits and the marked passage."""

from html import unescape
from itertools import count

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from projects import search, search_index
from projects.models import SearchEntry, SearchWord, Status
from projects.search_terms import distance, grow, terms_of
from tests.factories import make_county, make_municipality, make_project

pytestmark = pytest.mark.django_db
_versions = count(1)


def publish(**fields):
    project = make_project(status=Status.PUBLISHED, **fields)
    search.index_project(project)
    return project


def find(text):
    """Hits of the collection as it is now: no version comes twice."""
    return search.find(text, next(_versions))


def titles(text, *projects):
    by_number = {project.publication_number: project.title for project in projects}
    return [by_number[number] for number in find(text).ranked]


def vocabulary():
    return set(SearchWord.objects.filter(projects__gt=0).values_list("word", "stem", "projects"))


# --- the index --------------------------------------------------------------------------------------------------------


def test_indexed_project_is_found_by_all_its_parts():
    county = make_county(name="Emsland", display_name="Landkreis Emsland")
    project = publish(
        title="Sprachtreff",
        summary="Reden am Mittwoch",
        lead=make_municipality(name="Sögel", display_name="Gemeinde Sögel", county=county),
        operator="Heimatverein",
        partners="Bücherei\nTischlerei",
        lessons="Der Ofen war *kaputt*. [3]",
        volunteers_note="zwanzig Nachbarinnen",
    )
    for (
        text
    ) in "Sprachtreff Mittwoch Sögel Emsland Wohnen Heimatverein Bücherei Tischlerei Ofen kaputt Nachbarin".split():
        assert titles(text, project) == ["Sprachtreff"], text
    assert not find("3").numbers


def test_vocabulary_stays_in_step_with_what_is_published():
    lead = make_municipality()
    one = publish(title="Garten am Bach", lead=lead)
    two = publish(title="Garten am Hang", lead=lead)
    assert SearchWord.objects.get(word="garten").projects == 2
    one.title = "Werkstatt am Bach"
    one.save()
    search.index_project(one)
    search.remove_project(two)
    kept = vocabulary()
    assert SearchWord.objects.get(word="werkstatt").projects == 1
    assert not SearchWord.objects.filter(word__in=["garten", "hang"]).exists()
    assert [*SearchEntry.objects.values_list("number", flat=True)] == [one.publication_number]
    two.status = Status.DRAFT
    two.save()
    search.index_all()
    assert vocabulary() == kept


def test_index_all_equals_indexing_one_by_one():
    projects = [publish(title=f"Fest {name}", summary="Musik und Tanz. " * 20) for name in ("Nord", "Süd", "West")]
    words, entries = vocabulary(), set(SearchEntry.objects.values_list("project_id", "number", "vector"))
    search.index_all()
    assert vocabulary() == words
    assert set(SearchEntry.objects.values_list("project_id", "number", "vector")) == entries
    assert len(entries) == len(projects)


def test_removing_twice_or_what_was_never_indexed_changes_nothing():
    publish(title="Garten")
    project = make_project(title="Garten", status=Status.PUBLISHED)
    before = vocabulary()
    search.remove_project(project)
    assert vocabulary() == before


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.REJECTED, Status.ARCHIVED])
def test_only_published_projects_enter_the_search(status):
    project = publish(title="Geheimnis")
    project.status = status
    project.submitted_at = project.published_at
    project.save()
    search.index_project(project)
    assert not SearchWord.objects.filter(projects__gt=0).exists()
    search.index_all()
    assert not find("Geheimnis").numbers


def test_names_of_the_register_stay_in_the_vocabulary():
    make_municipality(name="Bunde")
    project = publish(title="Geld vom Bund")
    search.index_all()
    assert SearchWord.objects.get(word="bunde").is_place
    search.remove_project(project)
    assert SearchWord.objects.filter(word="bunde").exists()


def test_query_counts_of_indexing(django_assert_num_queries):
    projects = [publish(title="Garten"), publish(title="Werkstatt")]
    with django_assert_num_queries(12):
        search.index_project(projects[0])
    with django_assert_num_queries(6):
        search.remove_project(projects[1])


# --- terms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Kita  Beratung", [("kita",), ("beratung",)]),
        ('"Haus der Kulturen" Kurs', [("haus", "der", "kulturen"), ("kurs",)]),
        ("„Haus der Kulturen“", [("haus", "der", "kulturen")]),
        ("«Haus»", [("haus",)]),
        ('"unfertig Kurs', [("unfertig",), ("kurs",)]),
        ("Kita-Einstieg", [("kita",), ("einstieg",)]),
        ("Hilfe für die Frauen", [("hilfe",), ("frauen",)]),
        ("der die das", [("der",), ("die",), ("das",)]),
        ("Kurs kurs KURS", [("kurs",)]),
        ("Rotes Kreuz Syke", [("rot_kreuz",), ("syke",)]),
        ("Deutsch als Zweitsprache", [("deutsch_als_zweitsprach",)]),
        ("", []),
        ("– ! ?", []),
        ('"" - -"', []),
    ],
)
def test_terms(text, terms):
    assert [term.words for term in terms_of(text)] == terms


@pytest.mark.parametrize(
    ("text", "wanted", "excluded"),
    [
        ("Kita -Krippe", ["Kita"], ["Krippe"]),
        ('Kita -"frühe Bildung"', ["Kita"], ["frühe Bildung"]),
        ("Kita -Kita-Einstieg", ["Kita"], ["Kita Einstieg"]),
        ("-Kita", [], ["Kita"]),
        ("Kita - Krippe", ["Kita", "Krippe"], []),
        ("Lotsinnen und -lotsen", ["Lotsinnen", "lotsen"], []),
    ],
)
def test_minus_excludes(text, wanted, excluded):
    terms = terms_of(text)
    assert [term.text for term in terms if not term.is_excluded] == wanted
    assert [term.text for term in terms if term.is_excluded] == excluded


def test_number_of_terms_is_bounded():
    assert len(terms_of(" ".join(f"wort{number}" for number in range(50)))) == 12


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("kurs", "kurs", 0),
        ("kurs", "krus", 1),
        ("kurs", "kur", 1),
        ("kurs", "kuris", 1),
        ("", "abc", 3),
        ("ab", "cd", 2),
    ],
)
def test_distance_counts_slips(one, other, expected):
    assert distance(one, other) == expected


# --- what words grow to -----------------------------------------------------------------------------------------------


@pytest.fixture
def grown_from():
    """The words that a query grows to in a collection of just these words."""

    def grown_from(text: str, collection: str) -> set[str]:
        changes = [search_index._Change(word, word, 1, False) for word in search.words(collection)]
        search_index._save_words(changes)
        return {word for result in grow(terms_of(text))[1] for word in result.words}

    return grown_from


@pytest.mark.parametrize(
    ("text", "collection", "expected"),
    [
        ("Kurs", "Kurse Sprachkurs Kursleitung Exkurs", "Kurse Sprachkurs Kursleitung"),
        (
            "Wohnung",
            "Wohnungen Mietwohnung Wohnungsbaugenossenschaft",
            "Wohnungen Mietwohnung Wohnungsbaugenossenschaft",
        ),
        ("Genossenschaft", "Wohnungsbaugenossenschaften", "Wohnungsbaugenossenschaften"),
        ("Schule", "Schulhof Schulden Grundschulen Schulungen", "Schulhof Grundschulen"),
        ("Amt", "Amt Ämter Jugendamt Amtsgericht Amtrak insgesamt", "Amt Ämter Jugendamt Amtsgericht"),
        ("Café", "Cafés Cafébesuch Männercafé Kaffee", "Cafés Cafébesuch Männercafé"),
        ("Sport", "Sporttag Transport Breitensport", "Sporttag Breitensport"),
        ("Leitung", "Leitung Begleitung Gruppenleitung", "Leitung Gruppenleitung"),
        ("Bürger", "Bürgerin Bürgerhaus Oldenburg Burg", "Bürgerin Bürgerhaus"),
        ("Suche", "Suche Besuch Versuch Arbeitssuche", "Suche Arbeitssuche"),
        ("2015", "2015 20150 12015", "2015"),
        ("-Kita Hort", "Kita Hort Kitaplatz", "Kita Hort"),
        ('"Kurs"', "Kurse Sprachkurs", "Kurse"),
    ],
)
def test_word_grows_to_forms_and_compounds(grown_from, text, collection, expected):
    assert grown_from(text, collection) == set(search.words(expected))


def test_place_name_has_no_compounds_and_is_never_corrected(grown_from):
    search_index._save_words([search_index._Change("stade", "Stade", 0, True)])
    assert grown_from("Stade", "Stadt Stadtteil Stader") == set()


def test_unknown_word_becomes_the_nearest_spelling():
    project = publish(title="Wohnungsgenossenschaft", summary="Eine Genossenschaft baut.")
    hits = find("Genosenschaft")
    assert [*hits.ranked] == [project.publication_number]
    assert (hits.suggestion, hits.corrected) == ("Genossenschaft", True)
    assert hits.expansions == {"Genosenschaft": ("Genossenschaft", "Wohnungsgenossenschaft")}
    assert find("Genossenschaft").suggestion == ""


def test_suggestion_is_the_whole_query():
    publish(title="Haus der Kulturen", summary="Hier ist eine Werkstatt.")
    assert find('Wrekstatt "Haus der Kultren" -Auto').suggestion == 'Werkstatt "Haus der Kulturen" -Auto'


def test_unknown_compound_becomes_its_parts():
    project = publish(title="Wohnen im Bau", summary="Eine Genossenschaft vermietet jede Wohnung.")
    publish(title="Eine Wohnung")
    hits = find("Wohnungsbaugenossenschaft")
    assert [*hits.ranked] == [project.publication_number]
    assert hits.suggestion == "Wohnung Genossenschaft"


def test_what_is_far_from_every_word_finds_nothing():
    publish(title="Garten")
    hits = find("Xylophonquartett")
    assert (list(hits.numbers), hits.ranked, hits.suggestion, hits.is_empty) == ([], (), "", False)
    assert hits.expansions == {"Xylophonquartett": ()}


# --- hits -------------------------------------------------------------------------------------------------------------


def test_title_beats_summary_beats_makers_beats_story():
    story = publish(title="Eins", results="Tanz, Tanz, Tanz und noch einmal Tanz. Tanztee, Tanzkurs, Tanzfest. " * 9)
    makers = publish(title="Zwei", operator="Verein Tanz")
    summary = publish(title="Drei", summary="Hier gibt es Tanz.")
    title = publish(title="Tanz am Abend")
    assert titles("Tanz", story, makers, summary, title) == ["Tanz am Abend", "Drei", "Zwei", "Eins"]


def test_typed_word_beats_synonym_and_newer_beats_older():
    synonym = publish(title="Kindergarten")
    older = publish(title="Kita")
    newer = publish(title="Kita")
    assert find("Kita").ranked == tuple(project.publication_number for project in (newer, older, synonym))


def test_terms_are_all_needed():
    both = publish(title="Garten und Werkstatt")
    one = publish(title="Garten")
    assert titles("Garten Werkstatt", both, one) == ["Garten und Werkstatt"]
    assert titles("Garten -Werkstatt", both, one) == ["Garten"]
    assert titles("-Werkstatt", both, one) == ["Garten"]
    assert set(titles("-Xylophon", both, one)) == {"Garten", "Garten und Werkstatt"}


def test_phrase_needs_consecutive_words_of_one_field():
    phrase = publish(title="Haus der Kulturen")
    scattered = publish(title="Kulturen im Haus der Stadt")
    split = publish(title="Altes Haus der", summary="Kulturen treffen sich.")
    assert titles('"Haus der Kulturen"', phrase, scattered, split) == ["Haus der Kulturen"]
    assert titles('"Häuser der Kultur"', phrase, scattered, split) == ["Haus der Kulturen"]


def test_hyphenated_word_is_found_in_one_word_too():
    project = publish(title="Sprach-Café")
    assert (
        titles("Sprachcafé", project)
        == titles("Sprach-Cafe", project)
        == titles("sprach cafe", project)
        == ["Sprach-Café"]
    )


@pytest.mark.parametrize("text", ["", "   ", "!?", "\x00", "„“", "-"])
def test_text_without_words_is_empty(text):
    hits = find(text)
    assert hits.is_empty
    assert (list(hits.numbers), hits.ranked, hits.expansions) == ([], (), {})


def test_long_text_is_cut():
    project = publish(title="Garten")
    assert titles("Garten " * 20_000, project) == ["Garten"]
    assert not find(f"{'x' * 199} Garten").is_empty


def test_hits_are_kept_for_one_version(django_assert_num_queries):
    project = publish(title="Garten")
    with django_assert_num_queries(2):
        first = search.find("Garten", -1)
    with django_assert_num_queries(0):
        assert search.find("  Garten\t", -1) is first
    search.remove_project(project)
    with django_assert_num_queries(1):
        assert not search.find("Garten", -2).numbers


@pytest.mark.parametrize("text", ["Garten Werkstatt Kita Deutschkurs", '"am Bach" -Kita', "Gartn", "Gartenwerkstatt"])
def test_search_needs_two_queries(django_assert_num_queries, text):
    publish(title="Garten am Bach", summary="Werkstatt und Kita mit Deutschkurs")
    with django_assert_num_queries(2):
        find(text)


# --- passages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def hits():
    """Hits for a query in a collection that has its words."""

    def hits(text: str) -> search.Hits:
        publish(title="Café", summary="Cafés Männercafé Beratung ohne Papiere <script>")
        return find(text)

    return hits


def test_passage_marks_folded_words(hits):
    marked = search.passage(["Wir öffnen drei Cafés, ein Männercafé auch."], hits("cafe"))
    assert marked == "Wir öffnen drei <mark>Cafés</mark>, ein <mark>Männercafé</mark> auch."


def test_passage_is_escaped(hits):
    marked = search.passage(["<b>Café</b> & <script>alert(1)</script>"], hits("cafe script"))
    assert marked == (
        "&lt;b&gt;<mark>Café</mark>&lt;/b&gt; &amp; &lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"
    )


def test_passage_has_no_markdown_and_no_citations(hits):
    text = "- **Beratung** im *Café*. [3][12]\n- [Mehr dazu](https://example.org/beratung)"
    assert search.passage([text], hits("cafe")) == "Beratung im <mark>Café</mark>. Mehr dazu"


def test_passage_marks_expressions_as_a_whole(hits):
    marked = search.passage(["Hilfe für Menschen ohne Papiere."], hits("Papierlose"))
    assert marked == "Hilfe für Menschen <mark>ohne Papiere</mark>."


def test_passage_is_the_one_with_most_terms(hits):
    texts = ["Ein Café.", "Ein Café und noch ein Café.", "Beratung im Café.", "Im Café gibt es Beratung."]
    assert search.passage(texts, hits("cafe beratung")) == "<mark>Beratung</mark> im <mark>Café</mark>."


def test_long_passage_is_cut_at_words(hits):
    text = "Wort " * 100 + "Satzende. Hier ist ein Café mit Kuchen. " + "Nachwort " * 100
    marked = search.passage([text], hits("cafe"))
    plain = marked.replace("<mark>", "").replace("</mark>", "")
    assert plain.startswith("…Hier ist ein Café mit Kuchen.")
    assert plain.endswith("Nachwort…")
    assert len(plain) <= search.PASSAGE


def test_passage_without_sentence_begins_at_a_word(hits):
    plain = search.passage(["wort " * 100 + "Café " + "wort " * 100], hits("cafe")).replace("<mark>", "")
    assert plain.startswith("…wort wort")


@pytest.mark.parametrize("texts", [[], [""], ["Ein Haus."], ["x" * 5_000]])
def test_passage_is_empty_without_a_word_of_the_query(hits, texts):
    assert search.passage(texts, hits("cafe")) == ""


def test_passage_of_an_empty_query_is_empty():
    assert search.passage(["Ein Café."], find("")) == ""


# --- whatever people type ---------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(max_size=300) | st.text(alphabet="\"-'„“\\%_*:&|!<>() aBä0", max_size=80))
def test_any_text_is_searched(text):
    hits = find(text)
    assert set(hits.ranked) <= set(hits.numbers)
    marked = search.passage([text, f"Wir sagen: {text} " * 9], hits)
    plain = unescape(marked.replace("<mark>", "").replace("</mark>", ""))
    assert len(plain) <= search.PASSAGE


def test_wildcards_and_operators_are_no_syntax():
    publish(title="Garten & 100 % <Haus>")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM projects_searchentry")
        assert cursor.fetchone() == (1,)
    assert not find("G%n").numbers
    assert not find("Gart_n").numbers
    assert find("Garten | Haus & !x").expansions.keys() == {"Garten", "Haus", "x"}
