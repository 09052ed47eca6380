"""Fills an empty, migrated database that has the register with N published projects, by COPY."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from django.apps import apps
from django.contrib.postgres.search import SearchVectorField
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from municipalities.models import Kind, Municipality
from projects import facets
from projects.german import stem
from projects.models import (
    Financing,
    FinancingKind,
    FundingLevel,
    FundingSource,
    KeyFigure,
    Obstacle,
    ObstacleCategory,
    ObstacleLevel,
    OperatorKind,
    PeoplePeriod,
    Permanence,
    Precision,
    Project,
    Reach,
    Reference,
    SearchEntry,
    SearchWord,
    Staffing,
    Stage,
    Status,
    TargetGroup,
    Topic,
    TransferEffort,
)

from .texts import Piece, piece, sentences, title

PIECES_OF_A_STORY = 14
TODAY = date(2026, 11, 1)


def fill(amount: int, say: Any = print) -> None:
    """N projects with topics, groups, money, figures, obstacles and sources; the same ones every time."""
    began = time.perf_counter()
    maker = _Maker(amount)
    with transaction.atomic(), connection.cursor() as cursor:
        for model, rows in maker.tables():
            _copy(cursor, model, list(rows) if model is SearchWord else rows)
            say(f"{model._meta.db_table}: {time.perf_counter() - began:.1f} s")
        _reset_sequences(cursor)
        cursor.execute("ANALYZE")
    facets.index_all()
    say(f"facets: {time.perf_counter() - began:.1f} s")


def _copy(cursor: Any, model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Rows by column name; what a row does not say is the default of the field."""
    fields = [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]
    defaults = {field.column: _default(field) for field in fields}
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
        for row in rows:
            values = defaults | row
            copy.write_row([values[field.column] for field in fields])


def _default(field: models.Field) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    value = field.get_default()
    return value if value is not None or field.null else ("" if not isinstance(field, SearchVectorField) else None)


def _reset_sequences(cursor: Any) -> None:
    tables = [*apps.get_app_config("projects").get_models(include_auto_created=True)]
    for statement in connection.ops.sequence_reset_sql(no_style(), tables):
        cursor.execute(statement)


class _Maker:
    def __init__(self, amount: int) -> None:
        self.amount = amount
        bodies = Municipality.objects.existing().exclude(kind=Kind.UNINCORPORATED_AREA)
        self.bodies = list(bodies.values_list("pk", "name"))
        self.topics, self.groups = _terms(Topic), _terms(TargetGroup)
        self.categories = _terms(ObstacleCategory)
        self.sources = [*FundingSource.objects.values_list("pk", flat=True)] or [
            FundingSource.objects.create(name=f"Geldgeber {level}", level=level).pk for level in FundingLevel.values
        ]
        self.pieces = sentences()
        self.words: Counter[str] = Counter()
        self.spellings: dict[str, str] = {}

    def tables(self) -> Iterator[tuple[type[models.Model], Iterable[dict[str, Any]]]]:
        yield Project, map(self.project, range(1, self.amount + 1))
        yield Project.topics.through, self.several(self.topics, "topic_id", 1, 4, seed=1)
        yield Project.target_groups.through, self.several(self.groups, "targetgroup_id", 0, 3, seed=2)
        yield Financing, self.money()
        yield KeyFigure, self.figures()
        yield Obstacle, self.obstacles()
        yield Reference, self.references()
        yield SearchEntry, map(self.entry, range(1, self.amount + 1))
        yield SearchWord, self.vocabulary()

    def said(self, number: int) -> tuple[str, Piece, list[Piece]]:
        """Title, summary and story of a project, always the same for the same number."""
        dice = Random(number)
        _pk, place = self.bodies[dice.randrange(len(self.bodies))]
        story = dice.choices(self.pieces, k=PIECES_OF_A_STORY)
        return title(dice, place), dice.choice(self.pieces), story

    def project(self, number: int) -> dict[str, Any]:
        dice = Random(number)
        lead, _place = self.bodies[dice.randrange(len(self.bodies))]
        heading, summary, story = self.said(number)
        texts = [found.text for found in story]
        started = TODAY - timedelta(days=dice.randrange(4000))
        people = dice.choice((None, None, dice.randrange(5, 900)))
        return {
            "id": number,
            "publication_number": number,
            "title": heading,
            "summary": summary.text,
            "lead_id": lead,
            "stage": _pick(dice, Stage.values, (5, 10, 45, 20, 15, 5)),
            "started_on": started,
            "started_precision": Precision.MONTH,
            "reach": dice.choice(("", *Reach.values)),
            "operator": "Beispielträger",
            "operator_kind": dice.choice(("", *OperatorKind.values)),
            "initial_situation": " ".join(texts[:3]),
            "goals": texts[3],
            "approach": " ".join(texts[4:9]),
            "results": " ".join(texts[9:11]),
            "lessons": " ".join(texts[11:]),
            "cost_one_off": dice.choice((None, 0, dice.randrange(500, 90_000))),
            "cost_yearly": dice.choice((None, None, dice.randrange(1_000, 400_000))),
            "staff_fte": dice.choice((None, dice.randrange(0, 600) / 100)),
            "volunteers": dice.choice((None, dice.randrange(0, 60))),
            "volunteer_hours_month": dice.choice((None, dice.randrange(0, 400))),
            "staffing": dice.choice(("", *Staffing.values)),
            "people_reached": people,
            "people_period": "" if people is None else dice.choice(PeoplePeriod.values),
            "evidence": dice.choice(("", "report", "self_evaluated", "evaluated")),
            "transfer_effort": dice.choice(("", *TransferEffort.values)),
            "status": Status.PUBLISHED,
            "published_at": timezone.now(),
            "confirmed_on": dice.choice((None, TODAY - timedelta(days=dice.randrange(900)))),
        }

    def several(self, terms: Sequence[int], column: str, least: int, most: int, seed: int) -> Iterator[dict[str, Any]]:
        dice, key = Random(seed), 0
        for number in range(1, self.amount + 1):
            for term in dice.sample(terms, dice.randint(least, most)):
                key += 1
                yield {"id": key, "project_id": number, column: term}

    def money(self) -> Iterator[dict[str, Any]]:
        dice, key = Random(3), 0
        for number in range(1, self.amount + 1):
            for position in range(dice.choice((0, 1, 2, 2, 3))):
                key += 1
                starts = TODAY - timedelta(days=dice.randrange(2000))
                permanence = dice.choice(("", *Permanence.values))
                yield {
                    "id": key,
                    "project_id": number,
                    "position": position,
                    "source_id": dice.choice(self.sources),
                    "level": dice.choice(FundingLevel.values),
                    "kind": dice.choice(("", *FinancingKind.values)),
                    "permanence": permanence,
                    "amount": dice.choice((None, dice.randrange(1_000, 300_000))),
                    "is_per_year": dice.random() < 0.4,
                    "starts_on": starts,
                    "ends_on": starts + timedelta(days=1095) if permanence == Permanence.TIME_LIMITED else None,
                    "cites": [],
                }

    def figures(self) -> Iterator[dict[str, Any]]:
        dice, key = Random(4), 0
        for number in range(1, self.amount + 1):
            for year in range(dice.choice((0, 0, 1, 3))):
                key += 1
                yield {
                    "id": key,
                    "project_id": number,
                    "name": "Teilnehmende",
                    "value": dice.randrange(3, 500),
                    "measured_on": date(2022 + year, 12, 31),
                    "measured_precision": Precision.YEAR,
                    "cites": [],
                }

    def obstacles(self) -> Iterator[dict[str, Any]]:
        dice, key = Random(5), 0
        for number in range(1, self.amount + 1):
            for _place in range(dice.choice((0, 1, 1, 2))):
                key += 1
                yield {
                    "id": key,
                    "project_id": number,
                    "category_id": dice.choice(self.categories),
                    "level": dice.choice(("", *ObstacleLevel.values)),
                    "text": dice.choice(self.pieces).text,
                    "workaround": dice.choice(("", dice.choice(self.pieces).text)),
                    "cites": [],
                }

    def references(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.amount + 1):
            address = f"https://example.org/{number}"
            yield {"id": number, "project_id": number, "number": 1, "url": address, "publisher": "Beispiel"}

    def entry(self, number: int) -> dict[str, Any]:
        """The text vector as search_index.py would make it of title, summary and story."""
        heading, summary, story = self.said(number)
        places: dict[str, list[str]] = {}
        position = 1
        for weight, said in (*zip("AB", (piece(heading), summary), strict=True), *(("D", found) for found in story)):
            for word, place in said.words:
                places.setdefault(word, []).append(f"{position + place}{weight}")
            for word, spelling in said.spellings:
                self.spellings.setdefault(word, spelling)
            position += said.length + 10
        self.words.update(places.keys())
        vector = " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())
        return {"project_id": number, "number": number, "vector": vector}

    def vocabulary(self) -> Iterator[dict[str, Any]]:
        """The words of the projects, and the names of the register, which stand in the table already."""
        places = dict(SearchWord.objects.values_list("word", "spelling"))
        SearchWord.objects.all().delete()
        for key, word in enumerate(self.words.keys() | places.keys(), start=1):
            yield {
                "id": key,
                "word": word,
                "stem": stem(word),
                "spelling": self.spellings.get(word) or places[word],
                "projects": self.words[word],
                "is_place": word in places,
            }


def _terms(model: type[models.Model]) -> list[int]:
    return [*model._default_manager.values_list("pk", flat=True)]


def _pick(dice: Random, values: Sequence[str], weights: Sequence[int]) -> str:
    return dice.choices(values, weights)[0]
