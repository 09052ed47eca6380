"""Brings the register in the database in line with the data files, all or nothing, and says what changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.models import Max

from municipalities.csv_tables import BrokenFileError
from municipalities.models import COUNTY_LEVEL, Figure, Kind, Municipality
from municipalities.register import DATA, Body, Register, followers, read_register

SHOWN = 20  # lines of a list; --verbosity 2 shows all
NO_TILE = {"tile_column": None, "tile_row": None, "abbreviation": ""}


@dataclass
class Changes:
    """What an import did, one line a body."""

    was_empty: bool = False
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    without_successor: list[str] = field(default_factory=list)
    figures_added: int = 0
    figures_changed: int = 0
    figures_removed: int = 0

    def __bool__(self) -> bool:
        return any((self.added, self.changed, self.closed, self.reopened, self.figures))

    @property
    def figures(self) -> int:
        return self.figures_added + self.figures_changed + self.figures_removed


class Command(BaseCommand):
    help = "Liest das Verzeichnis der Kommunen ein und meldet, was neu, geändert und aufgelöst ist."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--file", type=Path, help="Verzeichnis (CSV); ohne Angabe das mitgelieferte")
        parser.add_argument("--tiles", type=Path, default=DATA / "tile_grid.csv", help="Kacheln der Mosaikkarte (CSV)")
        parser.add_argument(
            "--successors", type=Path, default=DATA / "successors.csv", help="Nachfolge aufgelöster Kommunen (CSV)"
        )

    def handle(self, *args, **options) -> None:
        file = options["file"] or DATA / "municipalities.csv"
        try:
            register = read_register(file, options["tiles"], options["successors"])
        except BrokenFileError as error:
            raise CommandError(refusal(error.problems)) from None
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Nobody may edit a body while it is compared; reading goes on.
                table = connection.ops.quote_name(Municipality._meta.db_table)
                cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            newest = Municipality.objects.aggregate(Max("keys_date"))["keys_date__max"]
            if newest and newest > register.keys_date:
                self.refuse_older(file, register.keys_date, newest, is_shipped=not options["file"])
                return
            changes = Importer(register).run()
        self.report(register, changes, options["verbosity"])

    def refuse_older(self, file: Path, offered: date, newest: date, *, is_shipped: bool) -> None:
        """An older state would close and reopen bodies wrongly. Only the file that someone asked for is an error."""
        text = f"Das Verzeichnis ist schon neuer ({newest:%d.%m.%Y}) als {file.name} ({offered:%d.%m.%Y})."
        if not is_shipped:
            raise CommandError(f"{text} Nichts wurde geändert.")
        self.stdout.write(f"{text} Die mitgelieferte Datei bleibt unbenutzt.")

    def report(self, register: Register, changes: Changes, verbosity: int) -> None:
        total = f"{german(len(register.bodies))} Kommunen, Stand {register.keys_date:%d.%m.%Y}"
        if not changes:
            self.stdout.write(f"Verzeichnis unverändert: {total}.")
            return
        self.stdout.write(f"Verzeichnis: {total}.")
        lists = {
            "Neu": changes.added,
            "Geändert": changes.changed,
            "Aufgelöst": changes.closed,
            "Wieder da": changes.reopened,
        }
        for title, lines in lists.items():
            self.stdout.write(f"{title}: {german(len(lines))}")
            if verbosity > 1 or not changes.was_empty:
                self.write_lines(lines, len(lines) if verbosity > 1 else SHOWN)
        self.stdout.write(
            f"Kennzahlen: {german(changes.figures_added)} neu, {german(changes.figures_changed)} geändert, "
            f"{german(changes.figures_removed)} entfernt"
        )
        if changes.without_successor:
            self.stdout.write("Ohne Nachfolgerin (in successors.csv oder in der Verwaltung nachtragen):")
            self.write_lines(changes.without_successor, len(changes.without_successor))

    def write_lines(self, lines: list[str], limit: int) -> None:
        for line in lines[:limit]:
            self.stdout.write(f"  {line}")
        if len(lines) > limit:
            self.stdout.write(f"  … und {german(len(lines) - limit)} weitere (alle zeigt --verbosity 2)")


class Importer:
    """Compares a checked register with the rows of the database, in memory, and writes the differences in bulk."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.changes = Changes()
        self.rows = {row.key: row for row in Municipality.objects.order_by()}
        self.key_of = {row.pk: row.key for row in self.rows.values()}
        self.changes.was_empty = not self.rows

    def run(self) -> Changes:
        differences = {key: self.difference(key, body) for key, body in self.register.bodies.items()}
        differences = {key: difference for key, difference in differences.items() if difference}
        gone = [row for key, row in self.rows.items() if key not in self.register.bodies]
        self.free_tiles(gone, differences)
        # Parents before children: counties, then Samtgemeinden, then the rest.
        tiers = (COUNTY_LEVEL, (Kind.JOINT_MUNICIPALITY,), tuple(set(Kind) - {*COUNTY_LEVEL, Kind.JOINT_MUNICIPALITY}))
        for tier in tiers:
            self.write_bodies({k: d for k, d in differences.items() if self.register.bodies[k].kind in tier})
        self.close(gone)
        self.write_figures()
        return self.changes

    def wanted(self, key: str, body: Body) -> dict[str, Any]:
        """Everything that the row should hold; relations as keys."""
        wanted = {**body.facts, "parent": body.parent, "county": body.county, "closed_on": None, "successor": ""}
        row = self.rows.get(key)
        if row and row.keys_date == self.register.keys_date:
            del wanted["remark"]  # may have been edited; the file's word counts again with the next state of the keys
        return wanted

    def held(self, row: Municipality, name: str) -> Any:
        if name in ("parent", "county", "successor"):
            return self.key_of.get(getattr(row, f"{name}_id"), "")
        return getattr(row, name)

    def difference(self, key: str, body: Body) -> dict[str, Any]:
        """The fields whose content is not as wanted, with the content that the row should get."""
        row = self.rows.get(key)
        wanted = self.wanted(key, body)
        return {name: value for name, value in wanted.items() if row is None or self.held(row, name) != value}

    def free_tiles(self, gone: list[Municipality], differences: dict[str, dict]) -> None:
        """No two bodies share a tile, not even for a moment while two change places."""
        moved = [self.rows[key] for key, new in differences.items() if key in self.rows and NO_TILE.keys() & new.keys()]
        pks = [row.pk for row in (*gone, *moved) if row.abbreviation]
        if pks:
            Municipality.objects.filter(pk__in=pks).update(**NO_TILE)

    def write_bodies(self, differences: dict[str, dict[str, Any]]) -> None:
        for key, new in differences.items():
            row = self.rows.get(key)
            self.note(row, key, new)
            row = self.rows.setdefault(key, row or Municipality(key=key))
            for name, value in new.items():
                setattr(row, name, self.rows.get(value) if name in ("parent", "county", "successor") else value)
        fields = [f.name for f in Municipality._meta.concrete_fields if f.name not in ("id", "key", "sort_key")]
        Municipality.objects.bulk_create(
            [self.rows[key] for key in differences], update_conflicts=True, unique_fields=["key"], update_fields=fields
        )

    def note(self, row: Municipality | None, key: str, new: dict[str, Any]) -> None:
        """Adds a line to the report; a later date of the keys alone is no change of the body."""
        name = self.register.bodies[key].facts["display_name"]
        details = self.describe(row, new) if row else ""
        if row is None:
            self.changes.added.append(f"{key} {name}")
        elif "closed_on" in new:
            self.changes.reopened.append(f"{key} {name} ({details})")
        elif details:
            self.changes.changed.append(f"{key} {name}: {details}")

    def describe(self, row: Municipality, new: dict[str, Any]) -> str:
        parts = []
        for name, value in new.items():
            if name != "keys_date":
                label = label_for_field(name, Municipality)
                parts.append(f"{label}: {shown(self.held(row, name))} → {shown(value)}")
        return "; ".join(parts)

    def close(self, gone: Iterable[Municipality]) -> None:
        """Bodies that no longer appear stay as dated rows, so that old addresses and projects survive."""
        closed = []
        for row in sorted(gone, key=lambda row: row.key):
            entry = self.register.successions.get(row.key)
            closed_on = entry.on if entry else row.closed_on or self.register.keys_date
            successor = row.successor_id
            if entry:
                key = next(key for key in followers(entry, self.register.successions) if key in self.rows)
                successor = self.rows[key].pk
            if (closed_on, successor) == (row.closed_on, row.successor_id):
                continue
            self.note_closing(row, closed_on, successor)
            row.closed_on, row.successor_id = closed_on, successor
            for name, value in NO_TILE.items():
                setattr(row, name, value)
            closed.append(row)
        Municipality.objects.bulk_update(closed, ["closed_on", "successor", *NO_TILE], batch_size=500)

    def note_closing(self, row: Municipality, closed_on: date, successor: int | None) -> None:
        line = f"{row.key} {row.display_name} (zum {closed_on:%d.%m.%Y})"
        if successor is None:
            self.changes.without_successor.append(line)
        else:
            name = next(other.display_name for other in self.rows.values() if other.pk == successor)
            line += f", Nachfolgerin: {name}"
        self.changes.closed.append(line)

    def write_figures(self) -> None:
        """Only the indicators and years of the file are touched; an empty cell removes a figure, it is not zero."""
        stored = {
            (row, indicator, year): (pk, value)
            for pk, row, indicator, year, value in Figure.objects.order_by().values_list(
                "pk", "municipality_id", "indicator", "year", "value"
            )
        }
        wanted: dict[tuple[int, str, int], Decimal] = {}
        for key, body in self.register.bodies.items():
            wanted.update({(self.rows[key].pk, *name): value for name, value in body.figures.items()})
        changed = {place for place, value in wanted.items() if place in stored and stored[place][1] != value}
        added = wanted.keys() - stored.keys()
        named = {self.rows[key].pk for key in self.register.bodies}
        vanished = [
            pk
            for (row, *name), (pk, _value) in stored.items()
            if row in named and tuple(name) in self.register.figure_columns and (row, *name) not in wanted
        ]
        Figure.objects.bulk_create(
            [
                Figure(municipality_id=row, indicator=indicator, year=year, value=wanted[row, indicator, year])
                for row, indicator, year in sorted(added | changed)
            ],
            update_conflicts=True,
            unique_fields=["municipality", "indicator", "year"],
            update_fields=["value"],
        )
        Figure.objects.filter(pk__in=vanished).delete()
        self.changes.figures_added, self.changes.figures_changed = len(added), len(changed)
        self.changes.figures_removed = len(vanished)


def refusal(problems: list[str]) -> str:
    lines = [f"  {problem}" for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f"  … und {german(len(problems) - SHOWN)} weitere Fehler")
    return "\n".join(["Das Verzeichnis wird nicht eingelesen, nichts wurde geändert:", *lines])


def german(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def shown(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    if isinstance(value, int):
        return german(value)
    return str(value) if value not in (None, "") else "keine Angabe"
