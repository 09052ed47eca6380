"""The pages of Nachahmung: who may send what (S02), what the origin's people see, the signed link, the desk."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from projects import adoptions
from projects.models import Adoption, AdoptionState, Interest, Letter, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.desk import client_of, moderator_client, text_of
from tests.projects.steps import make_member, make_person, project_in

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

WORDS = {"what": "Die Sprechstunde im Rathaus", "changes": "Nur einmal im Monat", "experience": "", "since": "5/2019"}


@pytest.fixture(autouse=True)
def _several_requests_in_one_test(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


@pytest.fixture
def origin() -> Project:
    return project_in(Status.PUBLISHED, title="Sprechstunde")


@pytest.fixture
def adopter():
    return make_member("nachahmerin", make_municipality(name="Nachahmingen"))


@pytest.fixture
def host(origin):
    return make_member("vorbild", origin.lead)


def address(name: str, project: Project) -> str:
    return reverse(f"projects:{name}", args=[project.pk, project.slug])


def state(origin, person, **typed):
    return client_of(person).post(address("state_adoption", origin), {**WORDS, **typed})


def public(origin, adopter) -> Adoption:
    state(origin, adopter)
    return adoptions.release(Adoption.objects.get(), by=None)


def test_member_states_and_finds_it_again(origin, adopter):
    client = client_of(adopter)
    page = text_of(client.get(origin.get_absolute_url()))
    assert "Das haben wir übernommen" in page
    response = client.post(address("state_adoption", origin), WORDS, follow=True)
    assert "wartet auf Freigabe" in text_of(response)
    adoption = Adoption.objects.get()
    assert (adoption.stated_by, adoption.what, adoption.since_precision) == (adopter, WORDS["what"], "month")
    page = text_of(client.get(origin.get_absolute_url()))
    assert "Das haben wir übernommen" not in page
    assert "Ihr Eintrag" in page
    assert client.get(address("state_adoption", origin)).status_code == 302


def test_empty_statement_says_what_is_missing(origin, adopter):
    page = text_of(state(origin, adopter, what="", since="irgendwann"))
    assert "<title>Fehler:" in page
    assert 'href="#id_what">' in page
    assert 'href="#id_since">' in page
    assert "Nur einmal im Monat" in page
    assert not Adoption.objects.exists()


def test_own_project_can_be_named_and_foreign_ones_cannot(origin, adopter):
    body = adopter.memberships.get().municipality
    own, draft, foreign = (
        project_in(Status.PUBLISHED, lead=body, title="Unsere Sprechstunde"),
        make_project(lead=body),
        project_in(Status.PUBLISHED),
    )
    for wrong in (draft, foreign):
        assert 'href="#id_copy">' in text_of(state(origin, adopter, copy=wrong.pk))
    state(origin, adopter, copy=own.pk)
    assert Adoption.objects.get().copy == own


def test_who_acts_for_two_municipalities_chooses(origin, adopter):
    other = make_municipality(name="Zweitstadt")
    make_membership(adopter, other)
    assert 'href="#id_municipality">' in text_of(state(origin, adopter))
    state(origin, adopter, municipality=other.pk)
    assert Adoption.objects.get().municipality == other
    response = client_of(adopter).post(address("interest", origin))
    assert response.status_code == 302, "only one is left, so nobody is asked"


def make_membership(person, municipality) -> None:
    granted = person.memberships.get()
    granted.pk, granted.municipality = None, municipality
    granted.save()


@pytest.mark.parametrize("kind", ["anonymous", "without", "stranger", "moderator"])
def test_nobody_else_writes_for_the_municipality(origin, adopter, kind):
    """S02: the same posts by everybody who is not a member of the municipality."""
    adoption = public(origin, adopter)
    adoptions.show_interest(origin, make_municipality(), by=adopter)
    clients = {
        "anonymous": Client,
        "without": lambda: client_of(make_person("ohne")),
        "stranger": lambda: client_of(make_member("fremd", make_municipality())),
        "moderator": moderator_client,
    }
    client = clients[kind]()
    before = list(Adoption.objects.values())
    own = adopter.memberships.get().municipality_id
    client.post(address("state_adoption", origin), {**WORDS, "municipality": own, "what": "Fremd"})
    assert Adoption.objects.filter(municipality=own).values().get() == before[0]
    for name in ("adoption", "withdraw_adoption"):
        response = client.post(reverse(f"projects:{name}", args=[adoption.pk]), {**WORDS, "what": "Fremd"})
        assert response.status_code in (302, 404)
    client.post(address("interest", origin), {"municipality": own})
    client.post(address("interest", origin), {"withdraw": "1", "municipality": own})
    assert Adoption.objects.filter(municipality=own).values().get() == before[0]
    assert not Interest.objects.filter(municipality=own).exists()


def test_other_fields_are_ignored(origin, adopter):
    """S04"""
    state(origin, adopter, state="published", stated_by="1", project="1", proposed_change="{}")
    adoption = Adoption.objects.get()
    assert (adoption.state, adoption.project, adoption.stated_by) == (AdoptionState.PROPOSED, origin, adopter)


def test_public_statement_is_changed_only_by_the_desk(origin, adopter):
    adoption = public(origin, adopter)
    client = client_of(adopter)
    page = client.get(reverse("projects:adoption", args=[adoption.pk]))
    assert "bis zur Freigabe bleibt der bisherige Text stehen" in text_of(page)
    client.post(reverse("projects:adoption", args=[adoption.pk]), {**WORDS, "what": "Neu & anders"})
    assert "Die Sprechstunde im Rathaus" in text_of(Client().get(origin.get_absolute_url()))
    assert "Neu &amp; anders" in text_of(client.get(reverse("projects:adoption", args=[adoption.pk])))
    desk = moderator_client()
    assert "1 Nachahmung wartet auf Freigabe" in text_of(desk.get(reverse("admin:index")))
    decide = reverse("admin:projects_adoption_change", args=[adoption.pk])
    page = text_of(desk.get(decide))
    assert "<ins>Neu &amp; anders</ins>" in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    assert desk.post(decide, {"decision": "reject", "seen": seen}).status_code == 200
    assert desk.post(decide, {"decision": "release", "seen": "alt"}).status_code == 409
    assert desk.post(decide, {"decision": "release", "seen": seen}).status_code == 302
    assert "Neu &amp; anders" in text_of(Client().get(origin.get_absolute_url()))


def test_desk_rejects_with_a_reason(origin, adopter):
    state(origin, adopter)
    desk = moderator_client()
    waiting = reverse("admin:projects_adoption_changelist")
    assert "Nachahmingen" in text_of(desk.get(waiting))
    decide = reverse("admin:projects_adoption_change", args=[Adoption.objects.get().pk])
    page = text_of(desk.get(decide))
    assert "Niemand dort erfährt davon" in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    desk.post(decide, {"decision": "reject", "seen": seen, "note": "Bitte genauer."})
    assert "ist abgelehnt" in text_of(desk.get(waiting))
    assert "Nachahmingen" not in text_of(desk.get(waiting))
    assert "Bitte genauer." in text_of(client_of(adopter).get(reverse("projects:my_adoptions")))
    assert desk.post(decide, {"decision": "release", "seen": seen}).status_code == 409


@pytest.mark.parametrize("kind", ["anonymous", "adopter", "host"])
def test_desk_is_closed_to_others(origin, adopter, host, kind):
    state(origin, adopter)
    client = {"anonymous": Client, "adopter": lambda: client_of(adopter), "host": lambda: client_of(host)}[kind]()
    adoption = Adoption.objects.get()
    decide = reverse("admin:projects_adoption_change", args=[adoption.pk])
    for response in (client.get(decide), client.post(decide, {"decision": "release"})):
        assert response.status_code in (302, 403)
    assert Adoption.objects.get().state == AdoptionState.PROPOSED


def test_link_shows_first_declines_by_post_and_can_be_taken_back(origin, adopter, host):
    adoption = public(origin, adopter)
    link = re.search(r"http://testserver(/nachahmung/\S+)", Letter.objects.get(to="vorbild@example.org").body)[1]
    client = Client()
    page = client.get(link)
    assert "hat Ihr Projekt übernommen" in text_of(page)
    assert page["X-Robots-Tag"] == "noindex"
    assert not page.cookies
    client.head(link)
    assert client.post(link, {"decision": "irgendwas"}).status_code == 200
    assert Adoption.objects.get().state == AdoptionState.PUBLISHED
    assert "Verknüpfung ist aufgehoben" in text_of(client.post(link, {"decision": "decline", "note": "Nein danke"}))
    adoption.refresh_from_db()
    assert (adoption.state, adoption.state_note) == (AdoptionState.DECLINED, "Nein danke")
    assert "Nachahmingen" not in text_of(client.get(origin.get_absolute_url()))
    assert "nicht mehr öffentlich" in text_of(client.post(link, {"decision": "decline"}))
    assert "wieder öffentlich" in text_of(client.post(link, {"decision": "link_again"}))
    assert Adoption.objects.get().state == AdoptionState.PUBLISHED


def test_too_long_a_reason_is_answered_on_the_form(origin, adopter, host):
    link = adoptions.link(public(origin, adopter))
    page = text_of(Client().post(link, {"decision": "decline", "note": "x" * 5000}))
    assert 'href="#id_note">' in page
    assert Adoption.objects.get().state == AdoptionState.PUBLISHED


def test_people_of_the_origin_and_moderators_see_who(origin, adopter, host):
    adoption = public(origin, adopter)
    adoptions.show_interest(origin, make_municipality(name="Interessingen"), by=adopter)
    path = reverse("projects:project_adoptions", args=[origin.pk])
    own = text_of(client_of(host).get(path))
    assert "Interessingen" in own
    assert adoptions.link(adoption).rpartition(":")[0][:40] in own
    desk = text_of(moderator_client().get(path))
    assert "Interessingen" in desk
    assert "Verknüpfung ablehnen" not in desk
    public_page = text_of(Client().get(origin.get_absolute_url()))
    assert "Interessingen" not in public_page
    assert "Eine Kommune interessiert sich dafür" in public_page
    assert "Interessingen" in text_of(moderator_client("zweite").get(reverse("admin:projects_interest_changelist")))


def test_interest_is_one_click_and_taken_back_by_another(origin, adopter):
    client = client_of(adopter)
    assert "Interesse zeigen" in text_of(client.get(origin.get_absolute_url()))
    client.post(address("interest", origin))
    assert Interest.objects.get().by == adopter
    page = text_of(client.get(origin.get_absolute_url()))
    assert "Interesse zurücknehmen" in page
    assert client.post(address("interest", origin)).status_code == 404
    assert "Sprechstunde" in text_of(client.get(reverse("projects:my_adoptions")))
    client.post(address("interest", origin), {"withdraw": "1"})
    assert not Interest.objects.exists()


def test_forms_carry_a_token(origin, adopter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(adopter)
    assert client.post(address("interest", origin)).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text_of(client.get(origin.get_absolute_url())))[1]
    assert client.post(address("interest", origin), {"csrfmiddlewaretoken": token}).status_code == 302
    cache.clear()


@pytest.mark.parametrize("rows", [1, 12])
def test_lists_cost_the_same_for_many_rows(rows, adopter, host, origin, django_assert_num_queries):
    body, county = adopter.memberships.get().municipality, origin.lead.county
    for number in range(rows):
        project = project_in(Status.PUBLISHED, lead=origin.lead, title=f"Projekt {number}")
        Adoption.objects.create(project=project, municipality=body, state=AdoptionState.PUBLISHED, what="x")
        other = make_municipality(county=county)
        Adoption.objects.create(project=origin, municipality=other, state=AdoptionState.PUBLISHED, what="x")
        Interest.objects.create(project=origin, municipality=other, by=adopter)
    client, host_client = client_of(adopter), client_of(host)
    client.get(reverse("projects:my_adoptions"))
    with django_assert_num_queries(6):
        client.get(reverse("projects:my_adoptions"))
    path = reverse("projects:project_adoptions", args=[origin.pk])
    host_client.get(path)
    with django_assert_num_queries(7):
        host_client.get(path)
