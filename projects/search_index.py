"""Keeps the vocabulary and the text vectors of the search in step with what is published; search.py reads them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction
from django.db.models import Prefetch, QuerySet
from django.utils import translation

from municipalities.models import Municipality

from . import story
from .german import LONGEST_WORD, forms, lexicon, readable, stem, tokens
from .models import Adoption, Financing, Obstacle, Project

TITLE, SUMMARY, MAKERS, STORY = "ABCD"  # PostgreSQL's weights
LONG_TEXTS = (
    *story.STORY_FIELDS,
    *("editorial_note", "prerequisites", "help_offered"),
    *("cost_note", "staff_note", "volunteers_note", "people_note"),
)
SHORTEST_PLACE = 4
# Words of different fields do not follow each other, so no phrase spans them.
GAP = 10
LAST_POSITION = 16_383  # PostgreSQL's highest position in a text vector
BATCH = 500

T = TypeVar("T")


@dataclass
class _Entry:
    """What the search keeps of one project: places of each folded word, and how it is spelled."""

    project_id: int
    number: int
    positions: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    spellings: dict[str, str] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    @property
    def vector(self) -> str:
        return " ".join(f"'{word}':{','.join(positions)}" for word, positions in self.positions.items())


class _Change(NamedTuple):
    """How many projects more (or fewer) have a word; spelling and place matter for new words only."""

    word: str
    spelling: str
    projects: int
    is_place: bool


def index_project(project: Project) -> None:
    """Brings the search in step with a published project; one that is not published leaves the search.

    Belongs into the transaction that publishes: after it everybody finds the project, or after a rollback nobody.
    """
    index_projects([project.pk])


def index_projects(keys: Iterable[int]) -> None:
    """The same for several projects, by primary key: many times as fast as one after the other."""
    with transaction.atomic():
        for batch in _batches(sorted(set(keys))):
            entries = [_entry(project) for project in _indexable().filter(pk__in=batch)]
            before = _words_of(batch)
            changes: dict[str, _Change] = {}
            for entry in entries:
                had = before.pop(entry.project_id, set())
                for word in had.symmetric_difference(entry.spellings):
                    _count(changes, word, -1 if word in had else 1, entry)
            for word in chain.from_iterable(before.values()):  # of projects that are not published any more
                _count(changes, word, -1)
            _save_words(list(changes.values()))
            if entries:
                _save_entries(entries)
            if before:
                _delete_entries(list(before))


def _count(changes: dict[str, _Change], word: str, projects: int, entry: _Entry | None = None) -> None:
    """One statement must not change a word twice, so what several projects do to it is added up."""
    known = changes.get(word, _Change(word, "", 0, False))
    spelling = known.spelling or (entry.spellings.get(word, "") if entry else "")
    is_place = known.is_place or bool(entry and word in entry.places)
    changes[word] = _Change(word, spelling, known.projects + projects, is_place)


def remove_project(project: Project) -> None:
    """Takes a project out of the search, and the words that no other project has out of the vocabulary."""
    with transaction.atomic():
        words = _words_of([project.pk]).get(project.pk, ())
        _save_words([_Change(word, "", -1, False) for word in words])
        _delete_entries([project.pk])


def index_all() -> None:
    """Builds the search anew from all published projects and the names of the register; readers keep the old state."""
    counts: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE projects_searchword, projects_searchentry IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute("DELETE FROM projects_searchentry")
            cursor.execute("DELETE FROM projects_searchword")
        for projects in _batches(_indexable().order_by("pk").iterator(chunk_size=BATCH)):
            entries = [_entry(project) for project in projects]
            _save_entries(entries)
            for entry in entries:
                counts.update(entry.spellings.keys())
                for word, spelling in entry.spellings.items():
                    spellings.setdefault(word, spelling)
        places = dict(chain.from_iterable(map(_place_words, Municipality.objects.values_list("name", flat=True))))
        spellings = places | spellings
        for batch in _batches(spellings.items()):
            _save_words([_Change(word, spelling, counts[word], word in places) for word, spelling in batch])


def _indexable() -> QuerySet[Project]:
    """Published projects with everything that is searched, in a constant number of queries."""
    bodies = Municipality.objects.select_related("parent", "county")
    return (
        Project.objects.published()
        .select_related("lead__parent", "lead__county")
        .prefetch_related(
            Prefetch("further", bodies),
            "topics",
            "target_groups",
            "key_figures",
            Prefetch("financings", Financing.objects.select_related("source", "programme")),
            Prefetch("obstacles", Obstacle.objects.select_related("category")),
            Prefetch("adoptions", Adoption.objects.published().select_related("municipality")),
        )
    )


def _entry(project: Project) -> _Entry:
    assert project.publication_number is not None  # noqa: S101 - the database guarantees it for published projects
    entry = _Entry(project.pk, project.publication_number)
    position = 1
    for weight, text in _weighted_texts(project):
        position = _add_text(entry, weight, readable(story.plain(text)), position) + GAP
    for body in _bodies(project):
        entry.places.update(dict(_place_words(body.name)))
    return entry


def _add_text(entry: _Entry, weight: str, text: str, position: int) -> int:
    """Adds the words of `text` from `position` on; returns the position after the last."""
    after = position
    for form in forms(text):
        after = position + form.position + 1
        entry.positions[form.word].append(f"{min(position + form.position, LAST_POSITION)}{weight}")
        entry.spellings.setdefault(form.word, " ".join(text[form.start : form.end].split())[:LONGEST_WORD])
    return after


def _weighted_texts(project: Project) -> Iterator[tuple[str, str]]:
    """Every text of the project that visitors may read, with its weight."""
    with translation.override(None):  # German labels, whoever publishes
        operator_kind = project.get_operator_kind_display()
        terms = [str(term) for term in chain(project.topics.all(), project.target_groups.all(), _bodies(project))]
    yield TITLE, project.title
    yield SUMMARY, project.summary
    for label in terms:
        yield SUMMARY, label
    for text in (project.operator, operator_kind, *project.partner_list):
        yield MAKERS, text
    for money in project.financings.all():
        yield MAKERS, money.source.name
        yield MAKERS, money.programme.name if money.programme else ""
        yield STORY, money.note
    for name in LONG_TEXTS:
        yield STORY, getattr(project, name)
    for figure in project.key_figures.all():
        yield STORY, f"{figure.name} {figure.unit} {figure.note}"
    for obstacle in project.obstacles.all():
        for text in (obstacle.category.label, obstacle.text, obstacle.workaround):
            yield STORY, text
    for adoption in project.adoptions.all():
        for text in (adoption.municipality.display_name, adoption.what, adoption.changes, adoption.experience):
            yield STORY, text


def _bodies(project: Project) -> list[Municipality]:
    """The municipalities of the project, their Samtgemeinden and counties, each once."""
    own = [project.lead, *project.further.all()]
    found = {body.pk: body for one in own for body in (one, one.parent, one.county) if body}
    return list(found.values())


def _place_words(name: str) -> list[tuple[str, str]]:
    """Words of a municipality's name that mean nothing else, folded and as spelled."""
    ordinary = lexicon().ordinary_words
    found = [(word, match[0]) for match, word in tokens(readable(name))]
    return [(word, spelling) for word, spelling in found if len(word) >= SHORTEST_PLACE and word not in ordinary]


def _words_of(keys: Collection[int]) -> dict[int, set[str]]:
    """The words that the search has of these projects now; nobody else changes them before the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id, tsvector_to_array(vector) FROM projects_searchentry WHERE project_id = ANY(%s) "
            "ORDER BY project_id FOR UPDATE",
            [list(keys)],
        )
        return {key: set(words) for key, words in cursor.fetchall()}


def _save_words(changes: Sequence[_Change]) -> None:
    """Counts words up and down, in their order, so that two publications wait for each other but never in a circle."""
    columns = [list(column) for column in zip(*((c.word, stem(c.word), *c[1:]) for c in changes), strict=True)]
    if not columns:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO projects_searchword AS known (word, stem, spelling, projects, is_place)
            SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::bool[]) AS change (word)
            ORDER BY word COLLATE "C"
            ON CONFLICT (word) DO UPDATE
            SET projects = known.projects + excluded.projects, is_place = known.is_place OR excluded.is_place
            """,
            columns,
        )
        if gone := [change.word for change in changes if change.projects < 0]:
            cursor.execute(
                "DELETE FROM projects_searchword WHERE word = ANY(%s) AND projects <= 0 AND NOT is_place", [gone]
            )


def _save_entries(entries: Collection[_Entry]) -> None:
    columns: list[Any] = [[e.project_id for e in entries], [e.number for e in entries], [e.vector for e in entries]]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO projects_searchentry (project_id, number, vector)
            SELECT * FROM unnest(%s::bigint[], %s::int[], %s::tsvector[])
            ON CONFLICT (project_id) DO UPDATE SET number = excluded.number, vector = excluded.vector
            """,
            columns,
        )


def _delete_entries(keys: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_searchentry WHERE project_id = ANY(%s)", [list(keys)])


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
