"""What people type and what it brings, on the real example projects; judged by people in search_gold.toml."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest
from django.db import connection, transaction

from projects import search
from projects.models import Project

FIRST = 10
LEAST_QUERIES, LEAST_RECALL, LEAST_PRECISION = 70, 0.97, 0.9


@dataclass(frozen=True)
class Judged:
    """A query with the projects that it must bring, may bring, and must not bring."""

    text: str
    must: tuple[str, ...]
    may: tuple[str, ...] = ()
    must_not: frozenset[str] = frozenset()
    complete: bool = False
    first: str = ""

    def right(self, hits: list[str]) -> list[str]:
        return [hit for hit in hits if hit in self.must or hit in self.may]

    def wrong(self, hits: list[str]) -> list[str]:
        return [hit for hit in hits if hit in self.must_not or (self.complete and hit not in (*self.must, *self.may))]


def read() -> list[Judged]:
    content = tomllib.loads((Path(__file__).parent / "search_gold.toml").read_text(encoding="utf-8"))
    return [
        Judged(
            text=row["text"],
            must=tuple(row["must"]),
            may=tuple(row.get("may", ())),
            must_not=frozenset(row.get("must_not", ())),
            complete=row.get("complete", False),
            first=row.get("first", ""),
        )
        for row in chain.from_iterable(content.values())
    ]


GOLD = read()
pytestmark = pytest.mark.django_db  # without it, this file alone gets no tables


@pytest.fixture(scope="module")
def collection(django_db_blocker, _shipped_rows) -> Iterator[dict[int, str]]:
    """The import keys of the example projects by publication number; the projects are there for this module only."""
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for table, rows in chain.from_iterable(tables.items() for tables in _shipped_rows):
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
        yield dict(Project.objects.published().values_list("publication_number", "import_key"))
        transaction.set_rollback(True)


def hits_of(judged: Judged, collection: dict[int, str]) -> list[str]:
    return [collection[number] for number in search.find(judged.text, -1).ranked]


@pytest.mark.check("R08")
@pytest.mark.parametrize("judged", GOLD, ids=lambda judged: judged.text)
def test_query_brings_what_it_must(judged, collection):
    assert {*judged.must, *judged.may, *judged.must_not} <= set(collection.values())
    hits = hits_of(judged, collection)
    assert set(judged.must) <= set(hits[:FIRST]), search.find(judged.text, -1).expansions
    assert not judged.wrong(hits), search.find(judged.text, -1).expansions
    assert judged.first in ("", *hits[:1])


@pytest.mark.check("R08")
def test_recall_and_precision_over_all_queries(collection):
    """Recall: how many of the projects that must be among the first ten are. Precision: how many of the judged hits
    (at any place) are right; hits that nobody has judged count neither way."""
    hits = [hits_of(judged, collection) for judged in GOLD]
    pairs = [*zip(GOLD, hits, strict=True)]
    found = sum(len(set(judged.must) & set(brought[:FIRST])) for judged, brought in pairs)
    right = sum(len(judged.right(brought)) for judged, brought in pairs)
    wrong = sum(len(judged.wrong(brought)) for judged, brought in pairs)
    assert len(GOLD) >= LEAST_QUERIES
    assert found / sum(len(judged.must) for judged in GOLD) >= LEAST_RECALL
    assert right / (right + wrong) >= LEAST_PRECISION


def test_every_example_is_found_by_its_title(collection):
    for project in Project.objects.published().only("title", "publication_number"):
        assert search.find(project.title, -1).ranked[:1] == (project.publication_number,), project.title
