"""Two properties of projects or obstacles against each other: a table of numbers in which the empty fields count."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from projects.mosaic import intensity


@dataclass(frozen=True)
class Field:
    """Where a row and a column meet; `url` leads to what was counted and is empty where that is nothing."""

    label: str | Promise
    count: int
    url: str = ""

    @property
    def step(self) -> int:
        """As on the map: 0, 1, 2–3, 4 and more."""
        return intensity(self.count)


@dataclass(frozen=True)
class Row:
    value: str
    label: str | Promise
    fields: Sequence[Field]
    total: int

    @property
    def empty(self) -> list[Field]:
        return [field for field in self.fields if not field.count]

    @property
    def filled(self) -> list[Field]:
        return [field for field in self.fields if field.count]


@dataclass(frozen=True)
class Matrix:
    """Rows and columns in the order of their choices; totals are given, because something may stand in two fields."""

    columns: Sequence[Field]
    rows: Sequence[Row]

    @property
    def size(self) -> int:
        return len(self.rows) * len(self.columns)

    @property
    def empty(self) -> int:
        return sum(len(row.empty) for row in self.rows)

    @property
    def filled(self) -> int:
        return self.size - self.empty

    @property
    def is_wide(self) -> bool:
        """Whether the names of the columns have to stand upright."""
        return len(self.columns) > 7


Choices = Mapping[str, str | Promise]


def matrix(
    rows: Choices,
    columns: Choices,
    count: Callable[[str, str], int],
    url: Callable[[str, str], str],
    total: Callable[[str, str], int],
) -> Matrix:
    """`count` and `url` get a row's and a column's value; `total` gets one of them and "" for the other."""

    def field(row: str, column: str) -> Field:
        number = count(row, column)
        return Field(columns[column], number, url(row, column) if number else "")

    return Matrix(
        [Field(label, total("", column)) for column, label in columns.items()],
        [
            Row(value, label, [field(value, column) for column in columns], total(value, ""))
            for value, label in rows.items()
        ],
    )
