"""The register of obstacles at the desk: entries, cases, merging; and searches that should not stand on a page."""

import re
from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from projects import facets
from projects.models import FruitlessSearch, Obstacle, SharedObstacle
from tests.factories import make_municipality, make_project
from tests.projects.desk import moderator_client, text_of
from tests.projects.obstacles import make_category, make_entry, make_obstacle
from tests.projects.steps import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]
LIST = "admin:projects_sharedobstacle_changelist"


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


@pytest.fixture
def desk() -> Client:
    return moderator_client()


def typed(**fields) -> dict[str, str]:
    return {
        "title": "Bewilligung kommt spät",
        "category": str(make_category().pk),
        "level": "state",
        "text": "Der Bescheid kommt erst im Herbst.",
        "demand": "",
        "state": "open",
        "state_since": "",
        "state_note": "",
        **fields,
    }


def cases_url(entry: SharedObstacle) -> str:
    return reverse("admin:projects_sharedobstacle_cases", args=[entry.pk])


def test_moderator_makes_an_entry_and_is_led_to_its_cases(desk):
    before = facets.version()
    response = desk.post(reverse("admin:projects_sharedobstacle_add"), typed())
    entry = SharedObstacle.objects.get()
    assert response.url == cases_url(entry)
    assert facets.version() > before
    assert LogEntry.objects.filter(object_id=str(entry.pk)).exists()
    assert "Der Bescheid" in text_of(desk.get(entry.get_absolute_url()))


def test_state_needs_its_date(desk):
    entry = make_entry()
    change = reverse("admin:projects_sharedobstacle_change", args=[entry.pk])
    assert "Seit wann ist die Hürde vorgetragen oder gelöst?" in text_of(desk.post(change, typed(state="raised")))
    raised = typed(state="raised", state_since="2026-05-03", state_note="Dem Ministerium vorgetragen.")
    assert desk.post(change, raised).status_code == 302
    entry.refresh_from_db()
    assert (entry.state, entry.state_since) == ("raised", date(2026, 5, 3))
    assert "Dem Ministerium vorgetragen." in text_of(desk.get(entry.get_absolute_url()))


def test_cases_are_found_chosen_and_let_go(desk):
    entry = make_entry("Bescheid kommt spät", text="Der Bescheid kommt im Herbst.")
    like = make_obstacle(text="Der Bescheid kam im Herbst.")
    make_obstacle(text="Ein anderer Bescheid.", level="municipal")
    other = make_obstacle(category="law", text="Das Gesetz fehlt.")
    hidden = make_obstacle(make_project(title="Entwurf"), text="Nicht öffentlich")
    page = text_of(desk.get(cases_url(entry)))
    assert page.index("Der Bescheid kam im Herbst.") < page.index("Ein anderer Bescheid.")
    assert "gemeinsam: bescheid" in page
    assert "Das Gesetz fehlt." not in page  # another category
    assert "Nicht öffentlich" not in page
    assert "Das Gesetz fehlt." in text_of(desk.get(cases_url(entry) + "?q=gesetz"))
    narrowed = text_of(desk.get(cases_url(entry) + "?level=municipal"))
    assert "Der Bescheid kam" not in narrowed
    assert "Ein anderer Bescheid." in narrowed
    response = desk.post(cases_url(entry), {"add": [like.pk, other.pk, hidden.pk, "x", "9" * 30]}, follow=True)
    assert "2 Fälle aufgenommen." in text_of(response)
    assert set(entry.cases.all()) == {like, other}
    desk.post(cases_url(entry), {"remove": [other.pk]})
    assert list(entry.cases.all()) == [like]
    assert "nichts angekreuzt" in text_of(desk.post(cases_url(entry), {}, follow=True))
    messages = LogEntry.objects.filter(object_id=str(entry.pk)).values_list("change_message", flat=True)
    assert {"2 Fälle aufgenommen", "1 Fall entfernt"} <= set(messages)


def test_two_entries_become_one(desk):
    stays, goes = make_entry("Bleibt"), make_entry("Geht")
    case = make_obstacle(shared=goes)
    chosen = {"action": "merge", "_selected_action": [stays.pk, goes.pk]}
    asked = text_of(desk.post(reverse(LIST), chosen))
    assert "Welcher Eintrag bleibt?" in asked
    assert re.search(r'type="radio" name="into" value="\d+"', asked)
    assert "Bitte wählen Sie einen Eintrag." in text_of(desk.post(reverse(LIST), {**chosen, "confirmed": "yes"}))
    answer = desk.post(reverse(LIST), {**chosen, "confirmed": "yes", "into": stays.pk}, follow=True)
    assert "1 Eintrag ist in „Bleibt“ aufgegangen." in text_of(answer)
    case.refresh_from_db()
    assert case.shared == stays
    listed = text_of(desk.get(reverse(LIST)))
    assert "Bleibt" in listed
    assert f"/{goes.pk}/change/" not in listed
    assert desk.get(cases_url(goes)).status_code == 404
    for entry, said in ((stays, "Zusammengelegt mit: „Geht“"), (goes, "Aufgegangen in: Bleibt")):
        assert LogEntry.objects.filter(object_id=str(entry.pk), change_message=said).exists()


def test_one_entry_is_not_merged(desk):
    entry = make_entry()
    answer = desk.post(reverse(LIST), {"action": "merge", "_selected_action": [entry.pk]}, follow=True)
    assert "Bitte wählen Sie zwei bis 20 Einträge." in text_of(answer)


def test_only_an_entry_without_cases_is_deleted(desk):
    used, unused = make_entry("Benutzt"), make_entry("Leer")
    make_obstacle(shared=used)
    for entry, status in ((used, 403), (unused, 302)):
        address = reverse("admin:projects_sharedobstacle_delete", args=[entry.pk])
        assert desk.post(address, {"post": "yes"}).status_code == status
    assert SharedObstacle.objects.get() == used


def test_others_reach_nothing_of_it():
    entry, case = make_entry(), make_obstacle()
    member = Client()
    member.force_login(make_member("autorin", make_municipality()))
    for client in (Client(), member):
        for address in (reverse(LIST), cases_url(entry)):
            assert client.get(address).status_code in (302, 403)
            assert client.post(address, {"add": [case.pk]}).status_code in (302, 403)
    assert not Obstacle.objects.exclude(shared=None).exists()


def test_moderators_delete_what_should_not_stand_on_a_page(desk):
    line = FruitlessSearch.objects.create(words="schimpfwort", day=timezone.localdate(), times=5)
    assert "schimpfwort" in text_of(desk.get(reverse("admin:projects_fruitlesssearch_changelist")))
    assert desk.get(reverse("admin:projects_fruitlesssearch_add")).status_code == 403
    assert (
        desk.post(reverse("admin:projects_fruitlesssearch_delete", args=[line.pk]), {"post": "yes"}).status_code == 302
    )
    assert not FruitlessSearch.objects.exists()
