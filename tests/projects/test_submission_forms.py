"""What may be typed into the parts: dates, sums, places, sources; and that nothing typed ever breaks the portal."""

import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from django import forms
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from projects import submission
from projects.forms import CleanForm
from projects.models import Financing, KeyFigure, Obstacle, Project, Reference, TypedText
from projects.submission_fields import (
    BodiesField,
    CitesField,
    GermanDecimalField,
    GermanIntegerField,
    LinkField,
    PartialDateField,
    SourceDateField,
    spell_date,
    spell_edge,
    spell_number,
)
from projects.submission_rows import ROW_SETS, add_row, remove_row
from projects.typed_texts import as_data
from tests.factories import make_county, make_municipality, make_project

from .submitting import fill, form_of, member_client, part_address

ODD = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("\r\n\t\x85\u2028\u200b\ufeffäA\u0308\ufb2c0123456789.,-/")),
    max_size=60,
)
EXTREMES = ["\0", "\ufffe\u202e", "x" * 100_000, "9" * 400, "-1", "1e9", "0" * 50, "²³", "١٢", "[1]", "31.2.2015"]


class Example(CleanForm, forms.Form):
    start = PartialDateField(label="Von", required=False)
    end = PartialDateField(label="Bis", required=False, last=True)
    amount = GermanDecimalField(label="Betrag", required=False)
    count = GermanIntegerField(label="Anzahl", required=False)
    link = LinkField(label="Adresse", required=False)
    source_date = SourceDateField(label="Erschienen", required=False)


def cleaned(name: str, typed: str):
    form = Example({name: typed})
    assert form.is_valid(), form.errors
    return form.cleaned_data[name]


def refused(name: str, typed: str) -> str:
    form = Example({name: typed})
    assert not form.is_valid(), form.cleaned_data
    return form.errors[name][0]


@pytest.mark.parametrize(
    ("typed", "first", "last", "precision"),
    [
        ("2015", date(2015, 1, 1), date(2015, 12, 31), "year"),
        ("9/2015", date(2015, 9, 1), date(2015, 9, 30), "month"),
        ("02.2016", date(2016, 2, 1), date(2016, 2, 29), "month"),
        ("24.9.2015", date(2015, 9, 24), date(2015, 9, 24), "day"),
        (" 24. 09. 2015 ", date(2015, 9, 24), date(2015, 9, 24), "day"),
        ("2015-09-24", date(2015, 9, 24), date(2015, 9, 24), "day"),
    ],
)
def test_date_is_as_exact_as_it_was_typed(typed, first, last, precision):
    assert cleaned("start", typed) == (first, precision)
    assert cleaned("end", typed) == (last, precision)
    shown = spell_date(first, precision)
    assert cleaned("start", shown) == (first, precision)


@pytest.mark.parametrize(
    "typed", ["15", "13/2015", "0/2015", "31.2.2015", "0.9.2015", "gestern", "2015?", "1.1.15", "٢٠١٥"]
)
def test_what_is_no_date_is_explained(typed):
    assert refused("start", typed).startswith("Schreiben Sie das Datum")
    refused("end", typed)


def test_year_is_plausible():
    assert refused("start", "0015") == refused("start", "9999")
    assert "zwischen 1945 und 2100" in refused("start", "1944")


def test_edges_of_a_period_are_shown_as_short_as_they_are_meant():
    assert [spell_edge(day) for day in (None, date(2015, 1, 1), date(2015, 9, 1), date(2015, 9, 2))] == [
        "",
        "2015",
        "9/2015",
        "2.9.2015",
    ]
    assert [spell_edge(day, last=True) for day in (date(2015, 12, 31), date(2016, 2, 29), date(2015, 2, 1))] == [
        "2015",
        "2/2016",
        "1.2.2015",
    ]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("", None),
        ("  ", None),
        ("0", Decimal(0)),
        ("1.400.000,50", Decimal("1400000.50")),
        ("1400000,5", Decimal("1400000.5")),
        ("1.400", Decimal(1400)),
        ("12 500 €", Decimal(12500)),
        ("0,10", Decimal("0.1")),
        ("007", Decimal(7)),
        ("9999999999,99", Decimal("9999999999.99")),
    ],
)
def test_sum_is_read_as_germans_type_it(typed, value):
    assert cleaned("amount", typed) == value
    if value is not None:
        assert cleaned("amount", spell_number(value)) == value


@pytest.mark.parametrize(
    "typed", ["1.5", "1,400,000", "1.40.000", "-5", "1,234", "10000000000", "zwölf", "1e3", "∞", "½"]
)
def test_what_is_no_sum_is_refused(typed):
    refused("amount", typed)


def test_whole_numbers():
    assert cleaned("count", "1.200") == 1200
    refused("count", "1,5")
    refused("count", "1234567890")


def test_links_are_addresses_of_the_web():
    assert cleaned("link", "www.example.org/ä") == "https://www.example.org/ä"
    for typed in ("javascript:alert(1)", "ftp://example.org", "file:///etc/passwd", "x" * 600):
        refused("link", typed)


def test_date_of_a_source_is_stored_as_it_is_sorted():
    assert cleaned("source_date", "9/2015") == "2015-09"
    assert cleaned("source_date", "2015") == "2015"
    assert SourceDateField(required=False).prepare_value("2015-09") == "9/2015"


def test_cited_numbers_have_to_exist():
    field = CitesField()
    field.known = frozenset({1, 3})
    assert field.clean("3, [1] ,") == [1, 3]
    with pytest.raises(forms.ValidationError, match="Diese Quelle gibt es nicht: 2"):
        field.clean("2")
    with pytest.raises(forms.ValidationError, match="mit Komma"):
        field.clean("eins")


@pytest.mark.django_db
def test_bodies_are_found_by_name_or_key():
    county = make_county(name="Emsland", display_name="Landkreis Emsland")
    joint = make_municipality(name="Sögel", display_name="Samtgemeinde Sögel", county=county)
    field = BodiesField(required=False)
    assert field.clean("Samtgemeinde  sögel\nlandkreis emsland\n\n") == [joint, county]
    assert field.clean(joint.key) == [joint]
    with pytest.raises(forms.ValidationError, match="Atlantis"):
        field.clean("Atlantis")
    make_municipality(name="Neuenkirchen", display_name="Gemeinde Neuenkirchen")
    make_municipality(name="Neuenkirchen", display_name="Gemeinde Neuenkirchen")
    with pytest.raises(forms.ValidationError, match="mehrfach"):
        field.clean("Neuenkirchen")


def test_rows_are_added_and_taken_out():
    data = as_data([["x-TOTAL_FORMS", "3"], ["x-0-a", "0"], ["x-1-a", "1"], ["x-2-a", "2"], ["xy-1-a", "other"]])
    remove_row(data, "x", 1)
    assert (data["x-0-a"], data["x-1-a"], data["x-TOTAL_FORMS"], data["xy-1-a"]) == ("0", "2", "2", "other")
    assert "x-2-a" not in data
    assert add_row(data, "x") == 2
    remove_row(data, "x", 7)
    assert data["x-TOTAL_FORMS"] == "3"


@pytest.mark.django_db
@pytest.mark.parametrize("total", ["", "-1", "99999999999", "x", "101", None])
def test_broken_number_of_rows_deletes_nothing(total):
    project = make_project()
    project.references.create(number=1, publisher="Zeitung")
    client = member_client(project.lead)
    fill(client, project, "belege", **{"references-TOTAL_FORMS": total})
    assert project.references.count() == 1


@pytest.mark.django_db
def test_more_than_sixty_rows_are_refused_in_words():
    project = make_project()
    rows = {"references-TOTAL_FORMS": 61} | {f"references-{number}-publisher": "Zeitung" for number in range(61)}
    response = fill(member_client(project.lead), project, "belege", **rows)
    assert response.status_code == 200
    assert "60" in response.content.decode()
    assert not project.references.exists()


def names_of(client, project, slug: str) -> list[str]:
    rows = [
        f"{kind.related}-0-{name}"
        for kind in ROW_SETS.get(submission.BY_SLUG[slug].name, ())
        for name in kind.form.base_fields
    ]
    return [*form_of(client.get(part_address(project, slug))), *rows]


@pytest.mark.django_db
@pytest.mark.parametrize("slug", submission.BY_SLUG)
def test_extremes_never_break_a_part(slug):
    project = make_project()
    client = member_client(project.lead)
    names = names_of(client, project, slug)
    names = [name for name in names if not name.endswith("_FORMS") and name not in ("version", "lead")]
    for begin in (2, 6, 10):  # another one for each field, each time shifted; the first two are refused by the server
        sent = form_of(client.get(part_address(project, slug)))
        sent |= {name: EXTREMES[2:][(begin + place) % (len(EXTREMES) - 2)] for place, name in enumerate(names)}
        assert client.post(part_address(project, slug), sent).status_code in (200, 302)
        assert client.post(part_address(project, slug) + "merken/", sent).status_code in (204, 413)
        TypedText.objects.all().delete()
    for refused_by_server in EXTREMES[:2]:
        sent = {**form_of(client.get(part_address(project, slug))), names[0]: refused_by_server}
        assert client.post(part_address(project, slug), sent).status_code in (200, 400)


@pytest.mark.check("S18")
@pytest.mark.django_db
@pytest.mark.parametrize("slug", submission.BY_SLUG)
@hypothesis_settings(
    derandomize=True,
    deadline=None,
    max_examples=4,
    phases=[Phase.generate],  # an example that fails is short enough to read, and shrinking it takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_typed_is_refused_or_stored_as_nfc(slug, data):
    project = make_project()
    client = member_client(project.lead, email=f"person{project.pk}@example.org")
    sent = form_of(client.get(part_address(project, slug)))
    for name in names_of(client, project, slug):
        if name not in ("version", "lead", "title") and not name.endswith("_FORMS") and data.draw(st.booleans()):
            sent[name] = data.draw(ODD, label=name)
    assert client.post(part_address(project, slug), sent).status_code in (200, 302, 400)
    assert all(unicodedata.is_normalized("NFC", text) for text in texts_of(project))


def texts_of(project) -> list[str]:
    """Every text that is stored of the project and of its rows."""
    stored = [value for value in Project.objects.filter(pk=project.pk).values()[0].values() if isinstance(value, str)]
    for model in (Reference, KeyFigure, Financing, Obstacle):
        stored += [str(row) for row in model.objects.filter(project=project).values()]
    return stored


@pytest.mark.check("S18")
@pytest.mark.django_db
def test_decomposed_letters_are_stored_composed():
    """One field at a time: of the generated texts above nearly all are refused together with their neighbours."""
    project = make_project()
    client = member_client(project.lead)
    for slug in submission.BY_SLUG:
        for name in form_of(client.get(part_address(project, slug))):
            if name not in ("version", "lead") and not name.endswith("_FORMS"):
                sent = {**form_of(client.get(part_address(project, slug))), name: "So\u0308gel"}
                assert client.post(part_address(project, slug), sent).status_code in (200, 302)
    stored = texts_of(project)
    assert all(unicodedata.is_normalized("NFC", text) for text in stored)
    assert stored.count("Sögel") > 10
