"""German words: folding, words, stems and the reviewed lists."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.german import LONGEST_EXPRESSION, LONGEST_WORD, fold, forms, lexicon, stem, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ärztin Aerztin ÄRZTIN", "arztin arztin arztin"),
        ("Sögel Soegel", "sogel sogel"),
        ("Übung Uebung", "ubung ubung"),
        ("Straße STRASSE", "strasse strasse"),
        ("Häuser Haeuser säuerlich saeuerlich", "hauser hauser sauerlich sauerlich"),
        ("neue Bauer Quelle treue Steuer", "neue bauer quelle treue steuer"),
        ("Cafés naïve Łódź Ørsted", "cafes naive lodz orsted"),
        ("A\u0308rztin", "arztin"),
        ("Sprach\u00adkurs", "sprachkurs"),
        ("ﬁnden", "finden"),
    ],
)
def test_fold_leaves_base_letters(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("… – „“ !? []", []),
        ("1×11 – Ich helf", ["1", "11", "ich", "helf"]),
        ("Kita-Einstieg (Peine)", ["kita", "einstieg", "peine"]),
        ("Lots*innen, Lehrer:in, Schüler_innen, Ärzt/-innen", ["lotsinnen", "lehrerin", "schulerinnen", "arztinnen"]),
        ("und/oder Stadt/Land", ["und", "oder", "stadt", "land"]),
        ("snake_case", ["snake", "case"]),
        ("a\x00b \ud800c", ["a", "b", "c"]),
    ],
)
def test_words_are_folded_in_order(text, expected):
    assert words(text) == expected


def test_word_is_cut():
    assert words("x" * 100_000) == ["x" * LONGEST_WORD]


@pytest.mark.parametrize(
    "forms",
    [
        "Kurs Kurse Kursen Kurses",
        "Sprachkurs Sprachkurse Sprachkursen",
        "Wohnung Wohnungen",
        "Arzt Ärzte Ärzten Ärztin Ärztinnen",
        "Café Cafés",
        "Kita Kitas",
        "Haus Häuser Häusern Hauses",
        "Kind Kinder Kindern Kindes",
        "Amt Ämter Ämtern Amtes Amts",
        "Rat Räte Räten Rates",
        "Flüchtling Flüchtlinge Flüchtlingen Flüchtlings",
        "Geflüchtete Geflüchteten Geflüchteter geflüchtet",
        "Lotse Lotsen Lotsin Lotsinnen",
        "Pate Paten Patin Patinnen",
        "Bürger Bürgern Bürgerin Bürgerinnen Bürgers",
        "Helfer Helfern Helferin",
        "Nachbar Nachbarn Nachbarin Nachbarinnen",
        "Verein Vereine Vereinen Vereins",
        "Projekt Projekte Projekten Projektes Projekts",
        "Ehrenamtliche Ehrenamtlichen Ehrenamtlicher ehrenamtlich",
        "Beauftragte Beauftragten Beauftragter",
        "Zentrum Zentren Zentrums",
        "Thema Themen",
        "Praktikum Praktika",
        "Museum Museen",
        "Ministerium Ministerien",
        "Ergebnis Ergebnisse Ergebnissen",
        "Bus Busse Bussen",
        "Job Jobs",
        "Workshop Workshops",
        "Termin Termine Terminen",
        "kostenlos kostenlose kostenloser kostenlosen",
        "modern moderne modernen",
        "Idee Ideen",
        "Mittel Mitteln",
    ],
)
def test_inflected_forms_share_their_stem(forms):
    assert len({stem(word) for word in words(forms)}) == 1


@pytest.mark.parametrize(
    "different",
    [
        "Bürger Burg",
        "Träger Trag",
        "Verein Ver",
        "neu Neun",
        "Stade Stadt",
        "Leiter Leite",
        "Lehrer Lehre",
        "beginnen Beg",
        "Meinung mein",
        "Bildung Bild",
        "Schuld Schule",
    ],
)
def test_other_words_keep_their_stem(different):
    one, other = words(different)
    assert stem(one) != stem(other)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.one_of(st.text(), st.text("aeouqnl ")))
def test_any_text_folds_and_stems(text):
    for word in words(text):
        assert word == word[:LONGEST_WORD]
        assert words(word) == [word]
        assert word.startswith(stem(word)[:-1])
        assert stem(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sprach-Café", {"sprach", "cafe", "sprachcafe"}),
        ("2015-2016", {"2015", "2016"}),
        ("beim Deutschen Roten Kreuz", {"beim", "deutschen", "roten", "kreuz", "rot_kreuz", "deutsch_rot_kreuz"}),
        ("ein rotes Haus", {"ein", "rotes", "haus"}),
    ],
)
def test_forms_are_words_joined_words_and_expressions(text, expected):
    assert {form.word for form in forms(text)} == expected


def test_forms_know_their_place():
    text = "Das Rote Kreuz hilft"
    place = next(form for form in forms(text) if form.word == "rot_kreuz")
    assert (text[place.start : place.end], place.position) == ("Rote Kreuz", 2)


def synonyms_of(word):
    return {synonym.word for synonym in lexicon().synonyms.get(word, ())}


def test_lexicon_knows_synonyms_both_ways_and_one_way():
    assert "kita" in synonyms_of("kindergart")
    assert "kindergarten" in synonyms_of("kita")
    assert "awo" in synonyms_of("wohlfahrtsverband")
    assert "wohlfahrtsverband" not in synonyms_of("awo")
    assert "rot_kreuz" in synonyms_of("drk")
    assert "drk" in synonyms_of("rot_kreuz")


def test_lexicon_is_large_enough_and_consistent():
    lists = lexicon()
    assert len(lists.synonyms) > 250
    assert {"der", "fur", "projekt"} <= lists.stop_words
    assert all(1 < len(entry.split("_")) <= LONGEST_EXPRESSION for entry in lists.expressions)
    assert all(word not in friends.split("|") for word, friends in lists.false_friends.items())
