"""Each check of the project has a test that says so, or stands on the list of what is open; the table is true."""

import pytest

from tests.checks_table import CHECKS, OPEN, marked, table


def test_each_check_has_a_test_or_is_said_to_be_open():
    tests = marked()
    assert set(tests) <= set(CHECKS)
    assert set(CHECKS) - set(tests) == set(OPEN)


def test_table_of_the_documents_has_each_check_and_its_tests(request):
    text = (request.config.rootpath / "docs" / "checks.md").read_text(encoding="utf-8")
    for check, names in marked().items():
        row = next(line for line in text.splitlines() if line.startswith(f"| {check} |"))
        missing = [name for name in names if f"`{name}`" not in row]
        assert not missing, (check, missing)  # after a new mark: pytest --checks-table=docs/checks.md --collect-only


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ({}, "2 not run"),
        ({"a::b": {"passed"}}, "1 passed, 1 not run"),
        ({"a::b": {"passed", "failed"}, "a::c": {"skipped"}}, "1 failed, 1 skipped"),
    ],
)
def test_result_is_the_worst_that_was_reported(outcomes, result):
    lines = table({"S01": {"a::b", "a::c"}}, outcomes).splitlines()
    row = next(line for line in lines if line.startswith("| S01 |"))
    assert row.endswith(f"| {result} |")
    assert next(line for line in lines if line.startswith("| S12 |")).endswith("| open |")
