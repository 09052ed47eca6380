"""Numbers, sums and dates as Germans write them, and the rules of the style sheets."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from projects.templatetags import mosaic as tags

CSS = Path(settings.BASE_DIR) / "static" / "css"
NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "keine Angabe"),
        (0, "0"),
        (1115, "1.115"),
        (Decimal("3.50"), "3,5"),
        (Decimal("38.25"), "38,25"),
        (2.0, "2"),
        (-4, "\N{MINUS SIGN}4"),
    ],
)
def test_number(value, expected):
    assert tags.number(value) == expected


def test_number_with_fixed_decimals():
    assert tags.number(Decimal("13.4"), 2) == "13,40"
    assert tags.number(Decimal("901.5"), 0) == "902"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "keine Angabe"),
        (Decimal(92000), f"92.000{NB}€"),
        (Decimal("103743.36"), f"103.743,36{NB}€"),
        (Decimal(1400000), f"1,4{NB}Mio.{NB}€"),
        (Decimal(999999), f"999.999{NB}€"),
        (Decimal(0), f"0{NB}€"),
    ],
)
def test_euro(value, expected):
    assert tags.euro(value) == expected


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("year", "2015"), ("month", f"November{NB}2015"), ("day", f"5.{NB}November{NB}2015")],
)
def test_partial_is_as_exact_as_known(precision, expected):
    assert tags.partial(date(2015, 11, 5), precision) == expected
    assert tags.partial(None, precision) == "keine Angabe"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "expected"),
    [
        (None, None, "keine Angabe"),
        (date(2019, 1, 1), date(2021, 12, 31), "2019–2021"),
        (date(2019, 1, 1), date(2019, 12, 31), "2019"),
        (date(2015, 9, 1), date(2018, 6, 30), f"September{NB}2015 – Juni{NB}2018"),
        (date(2015, 9, 5), date(2018, 6, 30), f"5.{NB}September{NB}2015 – 30.{NB}Juni{NB}2018"),
        (date(2015, 1, 1), None, "ab 2015"),
        (None, date(2021, 12, 31), "bis 2021"),
        (None, date(2024, 2, 29), f"bis Februar{NB}2024"),
    ],
)
def test_period(starts_on, ends_on, expected):
    assert tags.period(SimpleNamespace(starts_on=starts_on, ends_on=ends_on)) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((None, ""), (None, ""), "keine Angabe"),
        ((date(2015, 9, 1), "month"), (None, ""), f"seit September{NB}2015"),
        ((None, ""), (date(2020, 12, 31), "year"), "bis 2020"),
        ((date(2015, 1, 1), "year"), (date(2018, 11, 30), "month"), f"2015 – November{NB}2018"),
        ((date(2016, 1, 1), "year"), (date(2016, 12, 31), "year"), "2016"),
    ],
)
def test_duration(start, end, expected):
    project = SimpleNamespace(started_on=start[0], started_precision=start[1], ended_on=end[0], ended_precision=end[1])
    assert tags.duration(project) == expected


def test_iso_partial_reads_what_references_store():
    assert tags.iso_partial("2019") == "2019"
    assert tags.iso_partial("2019-03") == f"März{NB}2019"
    assert tags.iso_partial("2019-03-05") == f"5.{NB}März{NB}2019"


def test_short_date_for_charts():
    assert [tags.short_date(date(2015, 11, 5), precision) for precision in ("year", "month", "day")] == [
        "2015",
        "11/2015",
        "5.11.2015",
    ]


@pytest.mark.parametrize(
    ("path", "mark"), [("/projekte/", ' aria-current="page"'), ("/projekte/3-x/", ' aria-current="true"'), ("/", "")]
)
def test_nav_link_marks_where_the_visitor_is(rf, path, mark):
    html = Template('{% load portal %}{% nav_link "projects:list" "Projekte" %}').render(
        Context({"request": rf.get(path)})
    )
    assert html == f'<a href="/projekte/"{mark}>Projekte</a>'


def test_nav_link_needs_no_request():
    assert "aria-current" not in Template('{% load portal %}{% nav_link "projects:list" "P" %}').render(Context())


def test_locator_marks_one_of_45_tiles():
    svg = tags.locator(SimpleNamespace(tile_column=1, tile_row=3))
    assert svg.count("h9v9h-9z") == 46
    assert tags.locator(SimpleNamespace(tile_column=None, tile_row=None)) == ""


# Style sheets


@pytest.mark.check("A06")
@pytest.mark.parametrize("path", sorted(CSS.glob("*.css")), ids=lambda path: path.name)
def test_style_sheets_keep_the_house_rules(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert len(path.read_text().splitlines()) <= 600
    assert "!important" not in text
    if path.name != "admin.css":  # Django's admin knows its parts by ids
        assert not re.search(r"(?:^|[\s,}])#[A-Za-z][\w-]*[^;{}]*\{", text), "no ids"
    sides = "left|right|top|bottom"
    physical = (
        rf"(?:margin|padding|border|inset)-(?:{sides})|(?<![-\w])(?:{sides}|width|height)\s*:"
        r"|(?:text-align|float|clear)\s*:\s*(?:left|right)"
        r"|(?:margin|padding|inset)\s*:\s*[^;\s]+\s+([^;\s]+)\s+[^;\s]+\s+(?!\1[;\s])[^;\s]+\s*;"
    )
    found = [line for line in text.splitlines() if re.search(physical, line) and "@" not in line]
    assert found == []
    assert "http" not in text


@pytest.mark.check("A02")
def test_style_sheets_and_fonts_fit_the_budget():
    import brotli

    on_every_page = [CSS / f"{name}.css" for name in ("tokens", "base", "layout", "components")]
    assert sum(len(brotli.compress(path.read_bytes())) for path in on_every_page) <= 10_000
    assert sum(path.stat().st_size for path in (CSS.parent / "fonts").glob("*.woff2")) <= 50_000


def test_every_class_of_the_templates_that_looks_like_ours_is_styled_or_a_hook():
    """A misspelt block name would silently lose its look."""
    styled = set(re.findall(r"\.([a-z][\w-]*)", "".join(path.read_text() for path in CSS.glob("*.css"))))
    used = set()
    folder = Path(settings.BASE_DIR) / "templates"
    for path in (path for path in folder.rglob("*.html") if not path.is_relative_to(folder / "admin")):
        for value in re.findall(r'class="([^"{}]*)"', path.read_text()):
            used |= set(value.split())
    unknown = {name for name in used if "__" in name} - styled
    assert unknown == set()


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [("de", 1, "1 Projekt"), ("de", 3416, "3.416 Projekte"), ("en", 100_000, "100,000 projects")],
)
def test_counted_things_are_written_like_other_numbers(language, count, said):
    source = (
        "{% load i18n mosaic %}{% blocktranslate count n=n|counted %}{{ n }} Projekt{% plural %}{{ n }} Projekte"
        "{% endblocktranslate %}"
    )
    with override(language):
        assert Template(source).render(Context({"n": count})) == said
