"""The drawn things: every topic has its sign, every tile shows its topics, every picture says the same as its text."""

import re
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from projects import mosaic
from projects.templatetags import mosaic as tags

CSS = Path(settings.BASE_DIR) / "static" / "css"
TOPICS = sorted(mosaic.MOTIFS)
NB = "\N{NO-BREAK SPACE}"
topic_lists = st.lists(st.sampled_from(TOPICS), min_size=1, max_size=4, unique=True).map(tuple)
amounts = st.decimals(min_value=0, max_value=10**8, places=2)


def render(source: str, **context) -> str:
    return Template("{% load mosaic %}" + source).render(Context(context))


def colours(scheme: str) -> dict[str, str]:
    """Values of the tokens in light or dark; dark ones that are not set again keep their light value."""
    light, dark, _paper = re.split(r"@media (?:screen|print)", (CSS / "tokens.css").read_text())
    found = dict(re.findall(r"--([\w-]+): (#\w{3,6});", light))
    return found | (dict(re.findall(r"--([\w-]+): (#\w{3,6});", dark)) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


# Signs and tiles


def test_motifs_differ_in_shape_not_only_in_colour():
    outlines = {slug: tuple(shape.d for shape in motif.shapes) for slug, motif in mosaic.MOTIFS.items()}
    assert len(set(outlines.values())) == len(outlines) == 15


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_motifs_stand_out_from_their_ground(scheme):
    values = colours(scheme)
    for slug, motif in mosaic.MOTIFS.items():
        for shape in motif.shapes:
            assert contrast(values[motif.ground], values[shape.colour]) >= 3, slug


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *[(text, ground) for text in ("text", "muted", "action", "visited") for ground in ("page", "hued")],
        *[(f"{state}", f"{state}-bg") for state in ("danger", "info", "success", "warning")],
        *[("text", f"{state}-bg") for state in ("danger", "info", "success", "warning", "neutral")],
        ("on-action", "action"),
        ("on-action", "hover"),
        ("on-deep", "deep"),
        ("on-tile-1", "tile-1"),
        ("on-tile-2", "tile-2"),
        ("on-tile-3", "tile-3"),
        ("focus", "page"),
    ],
)
def test_text_colours_reach_aa(scheme, text, ground):
    values = colours(scheme)
    assert contrast(values[text], values[ground]) >= 4.5


@given(topics=topic_lists, key=st.integers(1, 10**6))
def test_tile_shows_every_topic_and_stays_the_same(topics, key):
    shapes = mosaic.tile(topics, key)
    outlines = {shape.d for shape in shapes}
    for slug in topics:
        assert {shape.d for shape in mosaic.motif(slug).shapes} <= outlines
    assert mosaic.tile(topics, key) == shapes


@given(topics=topic_lists, key=st.integers(1, 10**6))
def test_tile_is_small(topics, key):
    svg = tags.tile_of(SimpleNamespace(topic_slugs=topics, pk=key))
    assert len(svg) < 2_000
    assert "style=" not in svg
    assert 'aria-hidden="true"' in svg


def test_tiles_of_one_topic_differ_by_key():
    assert len({mosaic.tile(("housing",), key) for key in range(50)}) > 40


def test_tile_survives_no_and_new_topics():
    assert mosaic.tile((), 1)
    assert mosaic.tile(("not_drawn_yet",), 1)


def test_every_colour_of_a_tile_has_a_class():
    classes = set(re.findall(r"^\.(\w+) \{ fill:", (CSS / "components.css").read_text(), re.MULTILINE))
    used = {shape.colour for pair in combinations(TOPICS, 2) for key in range(8) for shape in mosaic.tile(pair, key)}
    assert used <= classes


# Money


@given(st.lists(amounts, min_size=1, max_size=12).filter(any))
def test_shares_fill_the_bar_and_keep_the_order(values):
    shares = mosaic.shares(values)
    assert sum(shares) == pytest.approx(100)
    assert min(shares) > 0
    for (amount, share), (other, other_share) in combinations(zip(values, shares, strict=True), 2):
        if amount < other:
            assert share <= other_share + 1e-9


@pytest.mark.parametrize(
    ("values", "per_year", "expected"),
    [
        ([Decimal(1), Decimal(2)], [False, False], True),
        ([Decimal(1), None], [False, False], False),
        ([Decimal(1), Decimal(2)], [True, False], False),
        ([Decimal(0)], [False], False),
        ([], [], False),
    ],
)
def test_amounts_are_drawn_to_scale_only_if_comparable(values, per_year, expected):
    assert mosaic.is_comparable(values, per_year) is expected


def test_stones_follow_each_other_without_a_gap():
    stones = mosaic.money_stones(["permanent", "", "one_off"], [Decimal(50), Decimal(25), Decimal(25)])
    assert [(stone.x, stone.width) for stone in stones] == [(0, 50), (50, 25), (75, 25)]
    assert stones[1].permanence == "unknown"


def money_row(**overrides):
    fields = {
        "source": "Land Niedersachsen",
        "programme": None,
        "level": "state",
        "get_level_display": lambda: "Land Niedersachsen",
        "kind": "grant",
        "get_kind_display": lambda: "Zuschuss",
        "permanence": "time_limited",
        "get_permanence_display": lambda: "befristet",
        "amount": Decimal(92000),
        "is_per_year": True,
        "is_requested": False,
        "starts_on": date(2019, 1, 1),
        "ends_on": date(2021, 12, 31),
        "note": "",
        "cites": [2],
    }
    return SimpleNamespace(**fields | overrides)


def test_money_bar_says_in_words_what_it_draws():
    html = render("{% money_bar rows %}", rows=[money_row(), money_row(source="Spenden", amount=None, permanence="")])
    assert f"92.000{NB}€ im Jahr" in html
    assert "befristet, 2019–2021" in html
    assert "Betrag unbekannt" in html
    assert "Dauer unbekannt" in html
    assert "gleich breit" in html
    assert html.count("Land Niedersachsen") == 2  # no level where it only repeats the source
    assert 'href="#quelle-2"' in html
    assert 'x="50.0%"' in html


def test_money_that_was_only_applied_for_gets_no_stone():
    html = render("{% money_bar rows %}", rows=[money_row(is_requested=True), money_row(source="Stadt Leer")])
    assert html.count("nur beantragt") == 1
    assert html.count("money-row__how") == 2
    assert html.count('y="24"') == 1


def test_money_strip_is_drawn_and_said():
    card = SimpleNamespace(money_permanence=["permanent", "time_limited", ""], has_no_funding=False)
    assert "dauerhaft und befristet" in tags.money_strip(card)
    assert tags.money_strip(card).count("<path") == 3
    assert tags.money_strip(SimpleNamespace(money_permanence=[], has_no_funding=False)) == "keine Angabe"
    assert tags.money_strip(SimpleNamespace(money_permanence=[], has_no_funding=True)) == "kommt ohne Geld aus"


# People and series


def test_crowd_is_unknown_empty_partial_or_scaled():
    assert mosaic.crowd(None) is None
    assert mosaic.crowd(0).signs == ()
    half = mosaic.crowd(Decimal("2.5"))
    assert [sign.width for sign in half.signs] == [20, 20, 10]
    many = mosaic.crowd(300)
    assert (len(many.signs), many.each) == (30, 10)
    assert (many.width, many.height) == (260, 78)


@given(st.integers(0, 10**7))
def test_crowd_never_draws_more_than_forty(number):
    assert len(mosaic.crowd(number).signs) <= 40


def test_staffing_says_what_is_unknown_and_how_many_come_to_one_post():
    project = SimpleNamespace(
        staff_fte=None, volunteers=12, staff_note="", volunteers_note="seit 2016 [3]", volunteer_hours_month=None
    )
    html = render("{% staffing project %}", project=project)
    assert "keine Angabe" in html
    assert html.count("<circle") == 12
    assert 'href="#quelle-3"' in html
    project.staff_fte = Decimal("1.5")
    assert "kommen 8 Menschen" in render("{% staffing project %}", project=project)
    project.staff_fte = Decimal(0)
    assert "keine bezahlte Stelle" in render("{% staffing project %}", project=project)


def test_field_marks_its_part():
    field = mosaic.field(41, 44)
    assert [marked for _x, _y, marked in field.stones].count(True) == 41
    assert (field.each, len(mosaic.field(5, 5000).stones)) == (1, 100)
    assert mosaic.field(0, 0).stones == ()


def test_chart_is_true_to_time_and_starts_at_zero():
    chart = mosaic.chart(
        [(date(2017, 1, 1), Decimal(50)), (date(2015, 1, 1), Decimal(0)), (date(2016, 1, 1), Decimal(25))]
    )
    first, middle, last = chart.marks
    assert (first.x, last.x) == (5, 315)
    assert middle.x == pytest.approx((first.x + last.x) / 2, abs=0.5)
    assert first.y == chart.base
    assert middle.y == pytest.approx((first.y + last.y) / 2, abs=0.1)


def test_chart_needs_two_dates():
    assert mosaic.chart([]) is None
    assert mosaic.chart([(date(2015, 1, 1), Decimal(1))]) is None
    assert mosaic.chart([(date(2015, 1, 1), Decimal(1)), (date(2015, 1, 1), Decimal(2))]) is None


def test_chart_with_negative_and_zero_values_stays_inside():
    for values in ([-5, 5], [0, 0], [-3, -1]):
        chart = mosaic.chart([(date(2015 + place, 1, 1), Decimal(value)) for place, value in enumerate(values)])
        assert all(0 <= mark.y <= chart.height for mark in chart.marks)
        assert 0 <= chart.base <= chart.height


def test_chart_labels_keep_their_distance():
    chart = mosaic.chart([(date(2000, 1, day), Decimal(day)) for day in range(1, 29)])
    labelled = [mark.x for mark in chart.marks if mark.is_labelled]
    assert labelled[0] == chart.marks[0].x
    assert labelled[-1] == chart.marks[-1].x
    assert all(right - left >= mosaic.LABEL_WIDTH / 2 for left, right in pairwise(labelled))


def test_series_has_a_text_alternative():
    rows = [
        SimpleNamespace(
            name="Lotsen", unit="", value=Decimal(year), measured_on=date(year, 1, 1), measured_precision="year"
        )
        for year in (2019, 2015)
    ]
    assert 'aria-label="Lotsen: von 2.015 (2015) auf 2.019 (2019)"' in render("{% series rows %}", rows=rows)


# Map


def test_tile_map_links_every_county_with_name_and_number():
    county = SimpleNamespace(
        name="Landkreis Emsland", abbreviation="EL", column=1, row=3, count=2, url="/projekte/?county=03454"
    )
    empty = SimpleNamespace(**vars(county) | {"name": "Landkreis Leer", "abbreviation": "LER", "row": 2, "count": 0})
    html = render("{% tile_map counties %}", counties=[county, empty])
    assert 'aria-label="EL: Landkreis Emsland, 2 Projekte"' in html
    assert 'aria-label="LER: Landkreis Leer, 0 Projekte"' in html
    assert html.count('href="/projekte/?county=03454"') == 4
    assert "tile-map__tile--0" in html
    assert html.index("LER") < html.index("EL:")  # by rows


@pytest.mark.parametrize(("count", "step"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (99, 3)])
def test_intensity_grows_in_steps(count, step):
    assert mosaic.intensity(count) == step
