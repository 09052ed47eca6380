"""What projects keep of the register follows every change of it: by import, at the desk, and in every process."""

from datetime import date
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.urls import reverse

from municipalities.models import Figure, Municipality, User
from municipalities.profiles import register_state
from municipalities.register import DATA
from municipalities.similarity import space
from projects import facets
from projects.models import Project, Status
from tests.factories import make_county, make_municipality, make_project

pytestmark = pytest.mark.django_db


def import_register(**options) -> str:
    report = StringIO()
    call_command("import_municipalities", stdout=report, **options)
    return report.getvalue()


def test_state_of_the_register_changes_with_every_row(register):
    states = [register_state()]
    town = Municipality.objects.get(key="034545407")
    Municipality.objects.filter(pk=town.pk).update(population=17_401)
    states.append(register_state())
    Figure.objects.filter(municipality=town).order_by("pk").first().delete()
    states.append(register_state())
    Municipality.objects.filter(pk=town.pk).update(remark="Neu")
    states.append(register_state())
    assert len(set(states)) == 4
    assert register_state() == states[-1]


def test_empty_register_has_a_state():
    assert register_state() == register_state()


def test_import_brings_the_index_in_step_and_an_unchanged_one_does_not(tmp_path, register):
    facets.index_all()
    before = facets.current(facets.version())
    assert "unverändert" in import_register()
    assert facets.version() == before.version

    later = tmp_path / "municipalities.csv"
    text = (DATA / "municipalities.csv").read_text(encoding="utf-8")
    later.write_text(text.replace("Samtgemeinde Sögel", "Samtgemeinde Sögeln"), encoding="utf-8")
    assert "Sögeln" in import_register(file=later)
    index = facets.current(facets.version())
    assert index.version > before.version
    assert index.labels.register != before.labels.register
    assert space(index.labels.register).profiles["034545407"].name == "Samtgemeinde Sögeln"


def test_publication_keeps_the_profiles(register):
    facets.index_all()
    before = facets.current(facets.version())
    profiles = space(before.labels.register)
    project = make_project(status=Status.PUBLISHED, lead=Municipality.objects.get(key="034545407"))
    facets.index_project(project)
    index = facets.current(facets.version())
    assert index.version > before.version
    assert space(index.labels.register) is profiles


@pytest.mark.ignore_template_errors
def test_successor_that_is_set_at_the_desk_moves_the_projects(client, settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    person = User.objects.create_superuser("admin@example.org")
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    client.force_login(person)
    county = make_county()
    town, old = make_municipality(county=county), make_municipality(county=county, closed_on=date(2026, 11, 1))
    facets.index_project(make_project(status=Status.PUBLISHED, lead=old))
    assert facets.current(facets.version()).count("municipality", town.key) == 0
    answer = client.post(
        reverse("admin:municipalities_municipality_change", args=[old.pk]),
        {"remark": "", "successor": town.pk, "figures-TOTAL_FORMS": "0", "figures-INITIAL_FORMS": "0"},
    )
    assert answer.status_code == 302
    index = facets.current(facets.version())
    assert index.count("municipality", town.key) == 1
    assert index.labels.todays(index.labels.bodies[old.key]).key == town.key
    assert Project.objects.count() == 1
