"""Memberships, accounts, letters, vocabularies, funding and contacts at the desk: who sees and changes what."""

import pytest
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from municipalities import people
from municipalities.models import Host, Kind, Membership, MembershipState, PeopleChange, Role, User
from projects import facets, membership
from projects.models import BarrierReport, Contact, Letter, Project, Topic
from tests.factories import make_funding_source, make_municipality, make_project, make_topic
from tests.projects.desk import administrator_client, moderator_client, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def asked(**target) -> Membership:
    person = User.objects.create_user("neu@soegel.de")
    return membership.ask(person, note="Ich bin neu im Rathaus.", **target)


def membership_url(row: Membership) -> str:
    return reverse("admin:municipalities_membership_change", args=[row.pk])


def test_request_is_granted_with_role_and_reach(settings):
    body = make_municipality(kind=Kind.JOINT_MUNICIPALITY)
    settings.OFFICIAL_MAIL_DOMAINS = f"{body.key}: soegel.de"
    row, client = asked(municipality=body), administrator_client()
    listed = text_of(client.get(reverse("admin:municipalities_membership_changelist")))
    assert "neu@soegel.de" in listed
    page = text_of(client.get(membership_url(row)))
    assert "Dienstadresse passt" in page
    assert "Ich bin neu im Rathaus." in page
    sent = {"decision": "grant", "role": Role.COORDINATOR, "includes_members": "on"}
    assert client.post(membership_url(row), sent).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.role, row.includes_members) == (MembershipState.GRANTED, Role.COORDINATOR, True)
    assert Letter.objects.filter(key__startswith="membership-granted:").count() == 1
    assert client.post(membership_url(row), sent).status_code == 409
    assert client.post(membership_url(row), {"decision": "end", "note": "Neue Stelle"}).status_code == 302
    row.refresh_from_db()
    assert row.state == MembershipState.ENDED
    log = text_of(client.get(reverse("admin:municipalities_peoplechange_changelist")))
    assert "Neue Stelle" in log


def test_host_request_is_granted_without_a_choice_and_declined():
    row, client = asked(host=Host.NST), administrator_client()
    assert client.post(membership_url(row), {"decision": "grant"}).status_code == 302
    assert User.objects.get(email="neu@soegel.de").is_staff
    other = membership.ask(User.objects.create_user("noch@example.org"), host=Host.NLT)
    assert client.post(membership_url(other), {"decision": "decline", "note": ""}).status_code == 302
    other.refresh_from_db()
    assert other.state == MembershipState.DECLINED


def test_nobody_decides_about_themselves():
    client = administrator_client()
    own = membership.ask(User.objects.get(email="admin@example.org"), host=Host.NST)
    assert "Das sind Sie selbst" in text_of(client.get(membership_url(own)))
    assert client.post(membership_url(own), {"decision": "grant"}).status_code == 403


def test_moderators_see_neither_people_nor_letters_nor_edit_vocabularies():
    row, client = asked(municipality=make_municipality()), moderator_client()
    topic = make_topic("housing")
    for name in ("municipalities_membership", "municipalities_user", "municipalities_peoplechange", "projects_letter"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403, name
    assert client.get(membership_url(row)).status_code == 403
    assert client.post(membership_url(row), {"decision": "grant", "role": Role.MEMBER}).status_code == 403
    change = reverse("admin:projects_topic_change", args=[topic.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"label": "Anders"}).status_code == 403
    assert client.get(reverse("admin:projects_topic_add")).status_code == 403


def test_renamed_topic_is_new_everywhere():
    project = make_project(topics=("housing",))
    topic, client = Topic.objects.get(), administrator_client()
    before = facets.version()
    change = reverse("admin:projects_topic_change", args=[topic.pk])
    sent = {"slug": "other", "label": "Wohnraum", "label_en": "Housing", "description": "", "position": "1"}
    assert client.post(change, sent).status_code == 302
    topic.refresh_from_db()
    assert (topic.slug, topic.label) == ("housing", "Wohnraum")
    assert facets.version() > before
    assert client.post(reverse("admin:projects_topic_delete", args=[topic.pk]), {"post": "yes"}).status_code == 403
    project.topics.clear()
    assert client.post(reverse("admin:projects_topic_delete", args=[topic.pk]), {"post": "yes"}).status_code == 302


def test_moderators_maintain_contacts_and_funding():
    client, source = moderator_client(), make_funding_source()
    contact = Contact.objects.create(function="Koordination", organisation="Stadt", phone="0511 1")
    make_project(contact=contact, title="Geheimer Entwurf")
    change = reverse("admin:projects_contact_change", args=[contact.pk])
    page = text_of(client.get(change))
    assert "Entwürfe: 1" in page
    assert "Geheimer Entwurf" not in page
    sent = {"function": "Leitstelle", "organisation": "Stadt", "phone": "0511 2", "public_level": "all"}
    assert client.post(change, sent).status_code == 302
    contact.refresh_from_db()
    assert contact.function == "Leitstelle"
    assert client.post(reverse("admin:projects_contact_delete", args=[contact.pk]), {"post": "yes"}).status_code == 403
    change = reverse("admin:projects_fundingsource_change", args=[source.pk])
    assert client.post(change, {"name": "Das Land", "level": "state"}).status_code == 302


def test_dead_letters_get_another_chance_and_private_ones_stay_private():
    now, client = timezone.now(), administrator_client()
    common = {"to": "a@example.org", "subject": "x", "send_after": now}
    dead = Letter.objects.create(key="dead", body="Guten Tag", given_up_at=now, attempts=16, **common)
    private = Letter.objects.create(key="account:1", body="geheimer-link", **common)
    changelist = reverse("admin:projects_letter_changelist")
    client.post(changelist, {"action": "send_again", "_selected_action": [dead.pk, private.pk]})
    dead.refresh_from_db()
    assert (dead.given_up_at, dead.attempts) == (None, 0)
    page = text_of(client.get(reverse("admin:projects_letter_change", args=[private.pk])))
    assert "geheimer-link" not in page
    change = reverse("admin:projects_letter_change", args=[dead.pk])
    assert "Guten Tag" in text_of(client.get(change))
    assert client.post(change, {"to": "b@example.org"}).status_code == 403


def test_account_is_locked_through_people_only():
    person, client = User.objects.create_user("weg@example.org"), administrator_client()
    client.post(
        reverse("admin:municipalities_user_change", args=[person.pk]),
        {"email": person.email, "is_superuser": "on", "is_staff": "on"},
    )
    person.refresh_from_db()
    assert (person.is_active, person.is_staff, person.is_superuser) == (True, False, False)
    url = reverse("admin:municipalities_user_access", args=[person.pk])
    assert "einen Grund" in text_of(client.post(url, {"decision": "deactivate", "note": ""}))
    assert client.post(url, {"decision": "deactivate", "note": "Ruhestand"}).status_code == 302
    person.refresh_from_db()
    assert not person.is_active
    assert PeopleChange.objects.filter(person=person, what=people.What.ACCOUNT, note="Ruhestand").exists()
    assert "Entsperren" in text_of(client.get(url))
    own = reverse("admin:municipalities_user_access", args=[User.objects.get(email="admin@example.org").pk])
    client.post(own, {"decision": "deactivate", "note": "x"})
    assert User.objects.get(email="admin@example.org").is_active
    assert moderator_client().get(url).status_code == 403
    delete = reverse("admin:municipalities_user_delete", args=[person.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


def test_barrier_reports_are_marked_as_done_by_administrators():
    report = BarrierReport.objects.create(text="Kein Kontrast")
    change = reverse("admin:projects_barrierreport_change", args=[report.pk])
    assert moderator_client().post(change, {"is_done": "on"}).status_code == 403
    assert administrator_client().post(change, {"is_done": "on"}).status_code == 302
    report.refresh_from_db()
    assert report.is_done
    assert not Project.objects.exists()


@pytest.mark.parametrize("name", ["project", "enquiry", "adoption", "textversion", "linkcheck"])
def test_state_that_does_not_exist_shows_what_waits(name):
    address = reverse(f"admin:projects_{name}_changelist")
    parameter = "status" if name == "project" else "state"
    response = moderator_client().get(address, {parameter: "gibt-es-nicht"})
    assert response.status_code == 200
    assert response.context["cl"].filter_specs[0].value() in ("submitted", "waiting", "dead")


@pytest.mark.parametrize(("status", "is_queue"), [("draft", True), ("?", True), ("published", False), ("all", False)])
def test_list_is_the_queue_where_it_shows_what_waits(status, is_queue):
    response = moderator_client().get(reverse("admin:projects_project_changelist"), {"status": status})
    assert (response.context["title"] == "Projekte, die warten") is is_queue


@pytest.mark.parametrize("number", ["0", "x", "9" * 5000])
def test_number_of_no_row_is_not_found(number):
    client = administrator_client()
    for name in ("municipalities_membership", "projects_enquiry", "projects_textversion", "projects_sheetimport"):
        assert client.get(reverse(f"admin:{name}_change", args=[number])).status_code == 404, name
