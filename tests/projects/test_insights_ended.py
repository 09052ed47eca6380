"""Ended projects: counted by cause, told with their advice and their money, over any selection."""

import csv
from collections import Counter
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import facets, fragments
from projects.insights import ended
from projects.models import EndCause, Financing, Permanence, Project, Stage, Status
from tests.factories import make_funding_source, make_municipality, make_project

pytestmark = pytest.mark.django_db
PAGE = "projects:ended"


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


def make_ended(cause: str = "", permanence: str = "", **fields) -> Project:
    fields = {"stage": Stage.DISCONTINUED, "status": Status.PUBLISHED, "end_cause": cause, **fields}
    project = make_project(**fields)
    if permanence:
        row = {"level": "state", "permanence": permanence, "amount": 30_000, "ends_on": date(2019, 12, 31)}
        Financing.objects.create(project=project, source=make_funding_source(), **row)
        requested = make_funding_source("Nur gefragt", "federal")
        Financing.objects.create(project=project, source=requested, level="federal", is_requested=True)
    return project


@pytest.fixture
def four_ended():
    town = make_municipality(name="Adorf")
    make_ended(
        "funding_ended",
        "time_limited",
        title="Ohne Geld",
        lead=town,
        lessons="Früh fragen. [1]",
        end_reason="Das Land **zahlte** nicht weiter. [2]",
        ended_on=date(2019, 12, 31),
        ended_precision="year",
    )
    make_ended("funding_ended", "permanent", title="Auch ohne Geld")
    make_ended("goal_reached", stage=Stage.COMPLETED, lessons="Es geht.", title="Fertig", has_no_funding=True)
    make_ended(title="Ohne Grund")
    make_project(status=Status.PUBLISHED, title="Läuft noch", lessons="Weiter so.", end_cause="funding_ended")
    make_project(stage=Stage.DISCONTINUED, title="Entwurf", end_cause="funding_ended")
    facets.index_all()


def test_ended_are_counted_by_cause(four_ended):
    found = ended.survey(facets.load().select({}))
    assert [(line.value, line.projects, line.only_limited, line.advise) for line in found.causes] == [
        ("funding_ended", 2, 1, 1),
        ("goal_reached", 1, 0, 1),
        ("", 1, 0, 0),
    ]
    assert (found.selected, found.total.projects, found.discontinued, found.cause_known) == (5, 4, 3, 3)
    assert (found.explain, found.duration_known) == (1, 3)


def test_survey_equals_plain_python():
    causes = ["", *EndCause.values]
    specs = st.lists(
        st.tuples(st.sampled_from(causes), st.sampled_from(Stage.values), st.booleans(), st.booleans()), max_size=8
    )
    lead = make_municipality()

    @given(specs, st.sets(st.integers(0, 7)))
    @settings(
        max_examples=25,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def check(rows, wanted):
        with transaction.atomic(), zeal_ignore():
            projects = [
                make_ended(
                    cause, Permanence.TIME_LIMITED if limited else "", stage=stage, lessons="x" * advises, lead=lead
                )
                for cause, stage, advises, limited in rows
            ]
            facets.index_all()
            numbers = facets.BitMap(p.publication_number for n, p in enumerate(projects) if n in wanted)
            found = ended.survey(facets.load().select({}, numbers))
            chosen = [row for n, row in enumerate(rows) if n in wanted and row[1] in ("completed", "discontinued")]
            assert {line.value: line.projects for line in found.causes} == Counter(row[0] for row in chosen)
            assert found.total.projects == len(chosen) == len(found.numbers)
            assert found.total.advise == sum(row[2] for row in chosen)
            assert found.total.only_limited == sum(row[3] for row in chosen)
            assert found.duration_known == sum(row[3] for row in chosen)
            transaction.set_rollback(True)

    check()


def text_of(response) -> str:
    return " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def test_page_tells_reason_advice_and_money(four_ended, client):
    text = text_of(client.get(reverse(PAGE)))
    for said in (
        "Das Land <strong>zahlte</strong> nicht weiter.",
        "Früh fragen.",
        "Land Niedersachsen, befristet, bis 2019: 30.000 €",
        "kam ohne Geld aus",
        "Die Gründe beruhen auf 3 von 4 beendeten Projekten, diese auf einer Auswahl von 5.",
    ):
        assert said in text, said
    for hidden in ("Läuft noch", "Entwurf", "Nur gefragt", "[1]", "quelle-1"):
        assert hidden not in text
    assert text.index("Ohne Geld") < text.index("Ohne Grund")  # known ends first, then the newest


def test_cause_narrows_the_list_but_not_the_numbers(four_ended, client):
    text = text_of(client.get(reverse(PAGE) + "?cause=goal_reached"))
    assert ">Fertig<" in text
    assert "Auch ohne Geld" not in text
    assert "3 von 4 beendeten" in text
    assert "Ohne Grund" in text_of(client.get(reverse(PAGE) + "?cause=unknown"))
    assert "Auch ohne Geld" in text_of(client.get(reverse(PAGE) + "?cause=nonsense"))
    assert "endete keines" in text_of(client.get(reverse(PAGE) + "?cause=law"))


def test_selection_applies_and_stays_in_links(four_ended, client):
    town = Project.objects.get(title="Ohne Geld").lead
    text = text_of(client.get(reverse(PAGE) + f"?municipality={town.key}"))
    assert "1 von 1 beendeten Projekten, diese auf einer Auswahl von 1" in text
    assert f"?municipality={town.key}&amp;cause=funding_ended" in text


def test_table_has_the_numbers_of_the_page(four_ended, client):
    lines = client.get(reverse("projects:ended_csv")).getvalue().decode("utf-8-sig").splitlines()
    assert list(csv.reader(lines, delimiter=";"))[1:] == [
        ["Förderung ausgelaufen", "2", "1", "1"],
        ["Ziel erreicht", "1", "0", "1"],
        ["keine Angabe", "1", "0", "0"],
        ["zusammen", "4", "1", "2"],
    ]


@pytest.mark.parametrize("rows", [1, 12])
def test_page_asks_three_times(client, django_assert_num_queries, rows):
    lead = make_municipality()
    for _number in range(rows):
        make_ended("law", "time_limited", lead=lead)
    facets.index_all()
    client.get(reverse(PAGE))
    fragments.forget_everything()
    with django_assert_num_queries(3):  # version, projects, their money
        client.get(reverse(PAGE))


def test_examples_name_a_cause_only_where_a_source_does(examples):
    causes = dict(Project.objects.exclude(end_cause="").values_list("import_key", "end_cause"))
    assert causes == {
        "anonymer-krankenschein": "funding_ended",
        "kita-einstieg-landkreis-peine": "funding_ended",
        "sprint-dual-bbs-syke": "continued_elsewhere",
    }


def test_project_page_shows_the_cause_of_what_ended_only(four_ended, client):
    told, running = (Project.objects.get(title=title) for title in ("Ohne Geld", "Läuft noch"))
    assert "Förderung ausgelaufen" in text_of(client.get(told.get_absolute_url()))
    assert "Förderung ausgelaufen" not in text_of(client.get(running.get_absolute_url()))
