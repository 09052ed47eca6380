"""Tables for other programs."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.open_data import tables


def test_table_opens_in_a_german_spreadsheet():
    table = "".join(tables.csv_lines(["Ort", "Euro"], [["Sögel; Markt", Decimal("1400000.50")], ["Zeven", None]]))
    assert table == '\ufeffOrt;Euro\r\n"Sögel; Markt";1400000,5\r\nZeven;\r\n'


@pytest.mark.check("S21")
@pytest.mark.parametrize("text", ["=1+1", "+49 511", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_is_never_a_formula(text):
    assert tables.disarmed(text) == "'" + text


def test_negative_number_stays_a_number():
    assert tables.disarmed(-3) == "-3"
    assert tables.disarmed(Decimal("-0.50")) == "-0,5"


def test_whole_decimal_is_written_without_exponent():
    assert tables.disarmed(Decimal("1000000.00")) == "1000000"


@given(
    rows=st.lists(st.tuples(*[st.none() | st.text(st.sampled_from("aä ;,|'\"\n\r\t=\\"))] * 3)),
    for_programs=st.booleans(),
)
def test_any_table_is_quoted_as_the_standard_library_does(rows, for_programs):
    lines = "".join(tables.csv_lines(("a", "b", "c"), rows, for_programs=for_programs))
    expected = StringIO()
    writer = csv.writer(expected, delimiter="," if for_programs else ";", lineterminator="\r\n")
    writer.writerows([("a", "b", "c"), *([tables.disarmed(cell) for cell in row] for row in rows)])
    assert lines.removeprefix(tables.BOM) == expected.getvalue()


@pytest.mark.parametrize("size", [0, 10, tables.PIECE, 3 * tables.PIECE])
def test_lines_are_joined_to_pieces(size):
    pieces = list(tables.in_pieces("x" * (size // 10) for _line in range(10)))
    assert "".join(pieces) == "x" * (size // 10 * 10)
    assert all(tables.PIECE <= len(piece) < 2 * tables.PIECE for piece in pieces[:-1])
