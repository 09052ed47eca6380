"""The Förder-Check: every condition met, broken or unknown, and said so."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from municipalities.models import Kind
from projects import funding_check, indexes
from projects.funding_check import Verdict
from projects.management.commands.import_examples import DATA, import_programmes, read
from projects.models import Financing, FundingProgramme, Status
from tests.factories import make_county, make_funding_source, make_municipality, make_project, make_topic
from tests.projects.desk import moderator_client
from tests.projects.steps import bring

TODAY = date(2026, 11, 22)
KINDS = [kind for kind in Kind.values if kind != Kind.UNINCORPORATED_AREA]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


def make_programme(*, topics=("housing",), counties=(), named=(), **fields) -> FundingProgramme:
    """One that fits every town for housing, unless told otherwise."""
    values = {
        "slug": f"programm-{FundingProgramme.objects.count()}",
        "name": "Programm",
        "provider": "Land",
        "level": "state",
        "description": "…",
        "is_running": True,
        "is_open_to_municipalities": True,
        "eligible_kinds": KINDS,
        "checked_on": TODAY,
        **fields,
    }
    if not values["is_open_to_municipalities"]:
        values["eligible_kinds"] = fields.get("eligible_kinds", [])
    programme = FundingProgramme.objects.create(**values)
    programme.topics.set([make_topic(slug) for slug in topics])
    programme.counties.set(counties)
    programme.named_bodies.set(named)
    return programme


def verdict_of(body, topic="housing", **fields) -> tuple[Verdict, list[str]]:
    FundingProgramme.objects.all().delete()
    make_programme(**fields)
    chosen = make_topic(topic) if topic else None
    found = funding_check.check(FundingProgramme.objects.for_check(), body, chosen, TODAY)
    [(verdict, finding)] = [(verdict, finding) for verdict, findings in found.items() for finding in findings]
    return verdict, finding.reasons


def flat(response) -> str:
    return " ".join(response.content.decode().split())


# --- the conditions ---------------------------------------------------------------------------------------------------


def test_programme_whose_conditions_are_all_met_fits():
    verdict, reasons = verdict_of(make_municipality())
    assert verdict == Verdict.FITS
    assert reasons == ["Das Programm läuft", "Beantragen können: Kommunen jeder Art", "Gedacht für: Wohnen"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_running": None}, "Nicht belegt, ob das Programm noch läuft"),
        ({"is_open_to_municipalities": None}, "Nicht belegt, ob Kommunen Geld beantragen können"),
        ({"eligible_kinds": []}, "Nicht belegt, welche Arten von Kommunen Geld beantragen können"),
        ({"topics": ()}, "Nicht belegt, für welche Handlungsfelder es gedacht ist"),
        (
            {"deadline_on": date(2026, 11, 21)},
            "Die Antragsfrist war am 21.\N{NO-BREAK SPACE}November\N{NO-BREAK SPACE}2026; eine neue ist nicht belegt",
        ),
    ],
)
def test_missing_statement_makes_it_perhaps_and_is_named(fields, reason):
    assert verdict_of(make_municipality(), **fields) == (Verdict.PERHAPS, [reason])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_running": False}, "Das Programm ist ausgelaufen"),
        ({"is_open_to_municipalities": False}, "Kommunen können selbst kein Geld beantragen"),
        ({"eligible_kinds": ["county", "region"]}, "Beantragen können: Landkreis, Region"),
        ({"topics": ("language",)}, "Gedacht für: Sprache"),
        ({"largest_population": 16_999}, "Bis 16.999 Einwohner"),
        ({"smallest_population": 17_001}, "Ab 17.001 Einwohnern"),
        ({"smallest_population": 1, "largest_population": 9_000}, "1 bis 9.000 Einwohner"),
    ],
)
def test_broken_condition_excludes_and_is_named(fields, reason):
    assert verdict_of(make_municipality(population=17_000), **fields) == (Verdict.FITS_NOT, [reason])


def test_limits_of_size_belong_to_it():
    body = make_municipality(population=17_000)
    assert verdict_of(body, smallest_population=17_000, largest_population=17_000)[0] == Verdict.FITS


def test_unknown_population_is_not_excluded():
    body = make_municipality(population=None, population_date=None)
    assert verdict_of(body, largest_population=10_000) == (Verdict.PERHAPS, ["Bis 10.000 Einwohner"])


def test_deadline_of_today_still_counts():
    assert verdict_of(make_municipality(), deadline_on=TODAY)[0] == Verdict.FITS


def test_body_that_is_named_may_apply_whatever_its_kind():
    body = make_municipality()
    assert verdict_of(body, eligible_kinds=["county"], named=[body])[0] == Verdict.FITS
    assert verdict_of(make_municipality(), eligible_kinds=["county"], named=[body])[0] == Verdict.FITS_NOT


def test_programme_of_one_county_is_for_its_bodies_alone():
    county = make_county(display_name="Region Beispiel")
    inside, outside = make_municipality(county=county), make_municipality()
    assert verdict_of(inside, counties=[county])[0] == Verdict.FITS
    assert verdict_of(county, counties=[county])[0] == Verdict.FITS
    assert verdict_of(outside, counties=[county]) == (Verdict.FITS_NOT, ["Nur für Kommunen hier: Region Beispiel"])


def test_without_a_topic_purposes_are_not_asked():
    assert verdict_of(make_municipality(), topic=None, topics=())[0] == Verdict.FITS


def test_several_reasons_are_all_named():
    body = make_municipality(population=500_000)
    verdict, reasons = verdict_of(body, is_running=False, largest_population=10, topics=())
    assert verdict == Verdict.FITS_NOT
    assert reasons == ["Das Programm ist ausgelaufen", "Bis 10 Einwohner"]


MAYBE = st.sampled_from([True, False, None])


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    running=MAYBE,
    is_open=MAYBE,
    kinds=st.sets(st.sampled_from(KINDS)),
    topics=st.sets(st.sampled_from(["housing", "language"])),
    largest=st.sampled_from([None, 100, 20_000]),
    is_over=MAYBE,
)
def test_verdict_is_the_worst_of_its_conditions(running, is_open, kinds, topics, largest, is_over):
    """Worked out anew from the rules as the page states them."""
    kinds = kinds if is_open else set()
    deadline = {True: date(2026, 1, 1), False: date(2027, 1, 1), None: None}[is_over]
    body = make_municipality(population=17_000)
    broken = running is False or is_open is False or largest == 100
    broken = broken or bool(kinds and body.kind not in kinds) or topics == {"language"}
    unknown = running is None or is_open is None or not kinds or not topics or is_over is True
    wanted = Verdict.FITS_NOT if broken else Verdict.PERHAPS if unknown else Verdict.FITS
    found, _reasons = verdict_of(
        body,
        is_running=running,
        is_open_to_municipalities=is_open,
        eligible_kinds=sorted(kinds),
        topics=topics,
        largest_population=largest,
        deadline_on=deadline,
    )
    assert found == wanted


# --- the page ---------------------------------------------------------------------------------------------------------


def test_page_groups_the_programmes_and_names_projects(django_assert_num_queries):
    body = make_municipality(name="Musterhausen")
    fits = make_programme(name="Passendes", quota_percent=75, minimum_amount=2500)
    make_programme(name="Ungewisses", is_running=None)
    make_programme(name="Beendetes", is_running=False)
    project = bring(make_project(title="Hausprojekt"), Status.PUBLISHED)
    asked_only = bring(make_project(title="Nur beantragt"), Status.PUBLISHED)
    for each, requested in ((project, False), (asked_only, True), (make_project(title="Entwurf"), False)):
        Financing.objects.create(
            project=each, source=make_funding_source(), programme=fits, level="state", is_requested=requested
        )
    indexes.update(project, asked_only)
    path = "/foerderung/check/?municipality=Musterhausen&topic=housing"
    html = flat(Client().get(path))
    assert [html.index(word) for word in ("Passendes", "Ungewisses", "Beendetes")] == sorted(
        html.index(word) for word in ("Passendes", "Ungewisses", "Beendetes")
    )
    for text in (
        "höchstens 75 Prozent",
        "2.500 €",
        "Zuletzt geprüft am",
        "Nicht belegt, ob das Programm noch läuft",
        "ausgelaufen",
        f'<a href="{project.get_absolute_url()}">Hausprojekt</a>',
        f"municipality={body.key}&amp;topic=housing",
    ):
        assert text in html
    assert "Nur beantragt" not in html
    assert "Entwurf" not in html
    with django_assert_num_queries(4):
        Client().get(path)
    for number in range(5):
        make_programme(name=f"Weiteres {number}", counties=[body.county])
    with django_assert_num_queries(4):
        Client().get(path)


def test_page_without_a_municipality_asks_for_one():
    make_programme()
    html = flat(Client().get("/foerderung/check/?topic=housing"))
    assert '<option value="housing" selected>' in html
    assert "Geben Sie den Namen Ihrer Kommune ein" in html
    assert "check-group" not in html.split("<main")[1]


def test_name_that_several_have_is_asked_about():
    for _number in range(2):
        make_municipality(name="Doppelstadt", display_name="Stadt Doppelstadt")
    assert "Mehrere Kommunen heißen" in flat(Client().get("/foerderung/check/?municipality=Doppelstadt"))


def test_closed_body_is_answered_for_its_successor():
    heir = make_municipality(name="Nachfolgerin")
    closed = make_municipality(closed_on=date(2021, 11, 1), successor=heir)
    make_programme()
    assert f"<strong>{heir.display_name}</strong>" in flat(
        Client().get(f"/foerderung/check/?municipality={closed.key}")
    )


@pytest.mark.parametrize(
    "query", ["municipality=%00", "municipality=" + "x" * 5000, "topic=x", "topic=a&topic=b", "x=1"]
)
def test_bad_query_is_answered(query):
    assert Client().get(f"/foerderung/check/?{query}").status_code in (200, 400)
    assert Client().get(f"/foerderung/check.csv?{query}").status_code in (200, 400)


def test_table_says_the_same_as_the_page():
    body = make_municipality()
    make_programme(name="Passendes", quota_percent="75.5", deadline_on=date(2027, 3, 26))
    make_programme(name="Beendetes", is_running=False)
    response = Client().get(f"/foerderung/check.csv?municipality={body.key}&topic=housing")
    head, *lines = csv.reader(StringIO(response.getvalue().decode("utf-8-sig")), delimiter=";")
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(row["Ergebnis"], row["Förderprogramm"]) for row in rows] == [
        ("Passt", "Passendes"),
        ("Passt nicht", "Beendetes"),
    ]
    assert rows[0]["Förderquote in Prozent, höchstens"] == "75,5"
    assert rows[0]["Antragsfrist"] == "2027-03-26"
    assert rows[1]["Warum"] == "Das Programm ist ausgelaufen"


def test_check_is_reached_from_where_it_is_needed():
    project = bring(make_project(topics=("language",)), Status.PUBLISHED)
    make_topic("housing")
    for page, link in (
        ("/foerderung/", "/foerderung/check/"),
        ("/themen/housing/", "/foerderung/check/?topic=housing"),
        (project.lead.get_absolute_url(), f"/foerderung/check/?municipality={project.lead.key}"),
        (project.get_absolute_url(), "/foerderung/check/?topic=language"),
    ):
        assert f'href="{link}"' in flat(Client().get(page)), page


# --- the shipped programmes -------------------------------------------------------------------------------------------


def check_shipped(client, query: str) -> dict[str, str]:
    text = client.get(f"/foerderung/check.csv?{query}").getvalue().decode("utf-8-sig")
    head, *lines = csv.reader(StringIO(text), delimiter=";")
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    return {row["Förderprogramm"]: row["Ergebnis"] for row in rows}


def test_shipped_programmes_answer_for_real_bodies(client, examples):
    coordination = "Richtlinie Koordinierungsstellen Migration und Teilhabe"
    expected = {
        "municipality=03454": "Vielleicht",  # Landkreis Emsland: nobody says whether it still runs
        "municipality=031590016016": "Vielleicht",  # Stadt Göttingen is named
        "municipality=034545407": "Passt nicht",  # Samtgemeinde Sögel
    }
    assert {query: check_shipped(client, query)[coordination] for query in expected} == expected
    soegel = check_shipped(client, "municipality=034545407&topic=participation")
    assert len(soegel) == 30
    assert soegel["Demokratie leben!"] == "Passt"
    assert soegel["500 LandInitiativen"] == "Passt nicht"  # ended
    assert soegel["Integrationsfonds „Miteinander – Gemeinsam für Integration“"] == "Passt nicht"  # Region Hannover


def test_import_fills_the_rules_of_programmes_of_before_and_keeps_the_desk_s(examples):
    amif = FundingProgramme.objects.get(slug="amif")
    FundingProgramme.objects.filter(slug="amif").update(
        is_open_to_municipalities=None, eligible_kinds=[], quota_percent=None, minimum_amount=None, name="AMIF neu"
    )
    FundingProgramme.objects.filter(slug="dsee").update(maximum_amount=99)
    import_programmes(read(DATA / "funding_programmes.toml"))
    amif.refresh_from_db()
    assert (amif.quota_percent, amif.name, len(amif.eligible_kinds)) == (90, "AMIF neu", 6)
    assert FundingProgramme.objects.get(slug="dsee").maximum_amount == 99


# --- the desk ---------------------------------------------------------------------------------------------------------


def test_moderators_maintain_what_the_check_asks():
    county, town = make_county(), make_municipality()
    programme = make_programme(eligible_kinds=[], topics=())
    client = moderator_client()
    change = reverse("admin:projects_fundingprogramme_change", args=[programme.pk])
    html = flat(client.get(change))
    assert html.count('name="eligible_kinds"') == len(KINDS)
    sent = {
        **{name: getattr(programme, name) for name in ("name", "slug", "provider", "level", "description")},
        "checked_on": "22.11.2026",
        "is_running": "true",
        "is_open_to_municipalities": "true",
        "eligible_kinds": ["county", "region"],
        "topics": [make_topic("housing").pk],
        "counties": [county.pk],
        "named_bodies": [town.pk],
        "deadline_on": "31.03.2027",
        "quota_percent": "75.5",
        "references-TOTAL_FORMS": "0",
        "references-INITIAL_FORMS": "0",
    }
    assert client.post(change, {**sent, "is_open_to_municipalities": "false"}).status_code == 200  # kinds would be left
    assert client.post(change, {**sent, "counties": [town.pk]}).status_code == 200  # no county
    assert client.post(change, sent).status_code == 302
    programme = FundingProgramme.objects.for_check().get()
    assert (programme.eligible_kinds, programme.topic_slugs) == (["county", "region"], ["housing"])
    assert (programme.county_keys, programme.named_keys) == ([county.key], [town.key])
    assert (programme.deadline_on, programme.quota_percent) == (date(2027, 3, 31), Decimal("75.5"))
