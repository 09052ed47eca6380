"""The pages of the Gesuche: reading, answering without learning an address, and who may send what (S02)."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import enquiries, outbox, relay
from projects.models import Enquiry, EnquiryState, Letter, Status
from tests.factories import make_municipality, make_topic
from tests.projects.desk import client_of, moderator_client, text_of
from tests.projects.steps import make_member, make_person, project_in

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

TEXT = "Wir haben einen leeren Bauhof und suchen Erfahrung mit Umbauten."
ANSWER = {
    "text": "Wir haben das 2019 gemacht, rufen Sie gern an.",
    "name": "Erika Muster",
    "sender": "erika@example.org",
}
ODD = st.text(max_size=40) | st.sampled_from(["\x00", "\u202e", "<b>", "é", "a\r\nBcc: x@example.org"])


@pytest.fixture(autouse=True)
def _several_requests_in_one_test(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    cache.clear()
    with zeal_ignore():
        yield


@pytest.fixture
def seeker():
    return make_member("suchende", make_municipality(name="Suchhausen"))


def typed(**values):
    make_topic("housing")
    return {"title": "Wer hat einen Bauhof umgebaut?", "text": TEXT, "topics": ["housing"], **values}


def posted(seeker, **values) -> Enquiry:
    client_of(seeker).post(reverse("projects:new_enquiry"), typed(**values))
    return Enquiry.objects.latest("pk")


def public(seeker, **values) -> Enquiry:
    return enquiries.release(posted(seeker, **values), by=None)


def answer_path(enquiry: Enquiry) -> str:
    return reverse("projects:answer_enquiry", args=[enquiry.pk, enquiry.slug])


def answer(enquiry: Enquiry, client: Client | None = None, **changes):
    return (client or Client()).post(answer_path(enquiry), {**ANSWER, **changes})


# --- reading ---


def test_page_shows_text_and_what_fits_but_no_person(seeker):
    project = project_in(Status.PUBLISHED, title="Bauhof wird Wohnhaus")
    enquiry = public(seeker)
    page = text_of(Client().get(enquiry.get_absolute_url()))
    assert TEXT in page
    assert "Suchhausen" in page
    assert project.get_absolute_url() in page
    assert "Passt zu" in page
    assert "So rechnen wir" in page
    assert seeker.email not in page
    assert Client().get(f"/gesuche/{enquiry.pk}-falsch/").url == enquiry.get_absolute_url()
    for address in (reverse("projects:enquiries"), reverse("projects:topic", args=["housing"])):
        assert enquiry.title in text_of(Client().get(address))
    assert enquiry.title in text_of(Client().get(enquiry.municipality.get_absolute_url()))


def test_expired_one_says_so_and_is_in_no_list(seeker):
    enquiry = public(seeker)
    then = timezone.now() - timedelta(100)
    Enquiry.objects.update(published_at=then, expires_on=enquiries.first_end(timezone.localdate(then)))
    response = Client().get(enquiry.get_absolute_url())
    assert response.status_code == 410
    assert "Dieses Gesuch ist abgelaufen" in text_of(response)
    assert TEXT not in text_of(response)
    assert answer(enquiry).status_code == 410
    assert enquiry.title not in text_of(Client().get(reverse("projects:enquiries")))
    assert enquiry.title not in text_of(Client().get(reverse("projects:topic", args=["housing"])))


def test_ended_one_says_that_it_is_ended(seeker):
    enquiry = public(seeker)
    client_of(seeker).post(reverse("projects:end_enquiry", args=[enquiry.pk]))
    assert "Dieses Gesuch ist beendet" in text_of(Client().get(enquiry.get_absolute_url()))


def test_list_tells_when_nobody_looks_for_anything():
    assert "Gerade sucht niemand etwas." in text_of(Client().get(reverse("projects:enquiries")))


@pytest.mark.parametrize("rows", [1, 20])
def test_pages_cost_the_same_for_many_rows(rows, seeker, django_assert_num_queries):
    for number in range(rows):
        enquiry = public(seeker, title=f"Gesuch {number}")
        project_in(Status.PUBLISHED, lead=make_municipality(county=enquiry.municipality.county))
    for address, count in (
        (reverse("projects:enquiries"), 2),
        (enquiry.get_absolute_url(), 6),
    ):
        Client().get(address)
        with django_assert_num_queries(count):
            Client().get(address)
    client = client_of(seeker)
    client.get(reverse("projects:my_enquiries"))
    with django_assert_num_queries(4):
        client.get(reverse("projects:my_enquiries"))


# --- answering ---


def test_answer_reaches_whoever_posted_and_shows_no_address(seeker):
    enquiry = public(seeker)
    assert seeker.email not in text_of(Client().get(answer_path(enquiry)))
    response = answer(enquiry, wants_copy="on")
    assert response.status_code == 302
    page = Client().get(response.url)
    assert "unterwegs" in text_of(page)
    assert not page.cookies
    outbox.send_due()
    relayed = [letter for letter in mail.outbox if "Bauhof" in letter.subject and "Antwort" in letter.subject]
    to_seeker, copy = sorted(relayed, key=lambda letter: letter.recipients() != ["suchende@example.org"])
    assert to_seeker.reply_to == ["erika@example.org"]
    assert ANSWER["text"] in to_seeker.body
    assert copy.recipients() == ["erika@example.org"]
    assert "suchende@example.org" not in copy.body
    assert not copy.reply_to


def test_answers_are_private_like_messages_to_contacts(seeker, settings):
    settings.DEMO = False
    answer(public(seeker))
    letter = Letter.objects.get(key__startswith=Letter.RELAYED)
    assert letter.is_private
    outbox.send_due()
    assert Letter.objects.get(pk=letter.pk).body == ""


def test_too_many_answers_are_asked_to_wait_and_the_same_one_counts_once(seeker):
    enquiry = public(seeker)
    answer(enquiry)
    answer(enquiry)
    assert Letter.objects.filter(key__startswith=Letter.RELAYED).count() == 1
    for number in range(relay.MESSAGES_PER_VISITOR - 2):
        assert answer(enquiry, sender=f"e{number}@example.org").status_code == 302
    response = answer(enquiry, sender="noch@example.org")
    assert response.status_code == 429
    assert ANSWER["text"] in text_of(response)


def test_one_enquiry_gets_so_many_answers_from_however_many_visitors(seeker):
    enquiry = public(seeker)
    turns = [
        relay.take_turn_for_enquiry(enquiry, f"e{number}@example.org", f"192.0.2.{number}")
        for number in range(relay.MESSAGES_PER_CONTACT + 1)
    ]
    assert turns == [True] * relay.MESSAGES_PER_CONTACT + [False]


def test_answers_from_other_sites_and_of_programs_are_refused(seeker):
    enquiry = public(seeker)
    assert answer(enquiry, Client(headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert "Prüffeld" in text_of(answer(enquiry, homepage="https://spam.example"))
    assert not Letter.objects.filter(key__startswith=Letter.RELAYED).exists()


def test_nobody_left_to_answer_to(seeker):
    enquiry = public(seeker)
    seeker.memberships.all().delete()
    assert Client().get(answer_path(enquiry)).status_code == 404
    assert answer_path(enquiry) not in text_of(Client().get(enquiry.get_absolute_url()))


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=ODD, text=ODD)
def test_whatever_is_typed_is_answered(seeker, title, text):
    response = client_of(seeker).post(reverse("projects:new_enquiry"), typed(title=title, text=f"{text} {TEXT}"))
    assert response.status_code in (200, 302, 400)


# --- the municipality ---


def test_member_posts_edits_and_ends(seeker):
    client = client_of(seeker)
    page = text_of(client.post(reverse("projects:new_enquiry"), typed(title="", topics=[])))
    assert 'href="#id_title">' in page
    assert 'href="#id_topics_0">' in page
    response = client.post(reverse("projects:new_enquiry"), typed(state="published"), follow=True)
    assert "wartet auf Freigabe" in text_of(response)
    enquiry = Enquiry.objects.get()
    assert (enquiry.state, enquiry.created_by) == (EnquiryState.SUBMITTED, seeker)
    path = reverse("projects:edit_enquiry", args=[enquiry.pk])
    assert re.search(r'value="housing"[^>]* checked', text_of(client.get(path)))
    client.post(path, typed(title="Neu"))
    assert Enquiry.objects.get().title == "Neu"
    client.post(reverse("projects:end_enquiry", args=[enquiry.pk]))
    assert Enquiry.objects.get().state == EnquiryState.CLOSED
    assert Client().get(enquiry.get_absolute_url()).status_code == 404


def test_button_extends_in_the_last_days(seeker):
    enquiry = public(seeker)
    client, path = client_of(seeker), reverse("projects:extend_enquiry", args=[enquiry.pk])
    assert "verlängern" not in text_of(client.get(reverse("projects:my_enquiries")))
    client.post(path)
    then = timezone.now() - timedelta(80)
    end = enquiries.first_end(timezone.localdate(then))
    Enquiry.objects.update(published_at=then, expires_on=end)
    assert "Um 90 Tage verlängern" in text_of(client.get(reverse("projects:my_enquiries")))
    client.post(path)
    assert Enquiry.objects.get().expires_on == end + Enquiry.OPEN_FOR


def test_too_many_topics_are_refused(seeker):
    for slug in ("language", "school", "health", "sport"):
        make_topic(slug)
    page = text_of(
        client_of(seeker).post(
            reverse("projects:new_enquiry"), typed(topics=["housing", "language", "school", "health", "sport"])
        )
    )
    assert "höchstens vier" in page


@pytest.mark.parametrize("kind", ["anonymous", "without", "stranger", "moderator"])
def test_nobody_else_writes_for_the_municipality(seeker, kind):
    """S02: the same posts by everybody who is not a member of the municipality."""
    waiting, open_one = posted(seeker), public(seeker, title="Öffentlich")
    clients = {
        "anonymous": Client,
        "without": lambda: client_of(make_person("ohne")),
        "stranger": lambda: client_of(make_member("fremd", make_municipality())),
        "moderator": moderator_client,
    }
    client = clients[kind]()
    before = list(Enquiry.objects.filter(municipality=waiting.municipality).order_by("pk").values())
    client.post(reverse("projects:new_enquiry"), typed(municipality=waiting.municipality_id, title="Fremd"))
    for name, enquiry in (("edit", waiting), ("extend", open_one), ("end", open_one), ("end", waiting)):
        client.post(reverse(f"projects:{name}_enquiry", args=[enquiry.pk]), typed(title="Fremd"))
    assert list(Enquiry.objects.filter(municipality=waiting.municipality).order_by("pk").values()) == before


# --- the desk ---


def test_desk_releases_and_rejects(seeker):
    first, second = posted(seeker), posted(seeker, title="Werbung")
    desk = moderator_client()
    assert "2 Gesuche warten auf Freigabe" in text_of(desk.get(reverse("admin:index")))
    assert "Bauhof" in text_of(desk.get(reverse("admin:projects_enquiry_changelist")))
    for enquiry, sent in ((first, {"decision": "release"}), (second, {"decision": "reject", "note": "Nein."})):
        path = reverse("admin:projects_enquiry_change", args=[enquiry.pk])
        seen = re.search(r'name="seen" value="([^"]+)"', text_of(desk.get(path)))[1]
        assert desk.post(path, {**sent, "seen": "alt"}).status_code == 409
        assert desk.post(path, {**sent, "seen": seen}).status_code == 302
    states = dict(Enquiry.objects.values_list("pk", "state"))
    assert states == {first.pk: EnquiryState.PUBLISHED, second.pk: EnquiryState.REJECTED}
    assert "Nein." in text_of(client_of(seeker).get(reverse("projects:my_enquiries")))


@pytest.mark.parametrize("kind", ["anonymous", "seeker"])
def test_desk_is_closed_to_others(seeker, kind):
    path = reverse("admin:projects_enquiry_change", args=[posted(seeker).pk])
    client = Client() if kind == "anonymous" else client_of(seeker)
    for response in (client.get(path), client.post(path, {"decision": "release"})):
        assert response.status_code in (302, 403)
    assert Enquiry.objects.get().state == EnquiryState.SUBMITTED
