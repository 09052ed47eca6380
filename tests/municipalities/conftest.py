"""A small copy of the register's files that tests may damage: the Landkreis Stade and the city of Emden."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from municipalities.management.commands.import_municipalities import Command
from municipalities.register import DATA


class RegisterFiles:
    """`rows`, `tiles` and `successors` are lists of dicts; `load()` writes and imports them, and returns the report."""

    def __init__(self, folder: Path, *, counties: tuple[str, ...] = ()) -> None:
        self.paths = {name: folder / f"{name}.csv" for name in ("rows", "tiles", "successors")}
        self.rows = [row for row in read("municipalities") if not counties or row["key"].startswith(counties)]
        self.tiles = [row for row in read("tile_grid") if not counties or row["ars"].startswith(counties)]
        self.successors: list[dict[str, str]] = []

    def row(self, key: str) -> dict[str, str]:
        return next(row for row in self.rows if row["key"] == key)

    def remove(self, *keys: str) -> None:
        self.rows = [row for row in self.rows if row["key"] not in keys]

    def set_all(self, **cells: str) -> None:
        for row in self.rows:
            row.update(cells)

    def write(self) -> dict[str, Path]:
        write(self.paths["rows"], self.rows)
        write(self.paths["tiles"], self.tiles)
        write(self.paths["successors"], self.successors, header=["old_key", "new_key", "on"])
        return self.paths

    def load(self, verbosity: int = 2) -> str:
        return load(**self.write(), verbosity=verbosity)


def read(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]], header: list[str] | None = None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def load(*, rows: Path, tiles: Path, successors: Path, verbosity: int = 2) -> str:
    report = StringIO()
    call_command(
        Command(),  # of the register alone; tests/projects/test_register_changes.py has what follows for projects
        file=rows,
        tiles=tiles,
        successors=successors,
        verbosity=verbosity,
        stdout=report,
    )
    return report.getvalue()


@pytest.fixture
def files(tmp_path) -> RegisterFiles:
    return RegisterFiles(tmp_path, counties=("03359", "03402"))


@pytest.fixture
def shipped_files(tmp_path) -> RegisterFiles:
    return RegisterFiles(tmp_path)
