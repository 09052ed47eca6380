"""Tables for other programs."""

from decimal import Decimal

import pytest

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
