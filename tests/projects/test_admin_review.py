"""The review page: who sees it, what each decision does in each state, and that a stale page does nothing."""

import pytest
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from municipalities.models import Host, User
from projects import workflow
from projects.models import Attachment, Letter, Project, ProjectVersion, Provenance, Status, StatusChange, TextBlock
from tests.factories import make_municipality, make_project
from tests.projects.desk import administrator_client, client_of, decide, moderator_client, review_url, text_of
from tests.projects.steps import bring, copy_in, make_full, make_member, make_moderator, project_in

# The admin's own templates use variables that are not always there.
pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


REASON = "Bitte ergänzen Sie die Kosten."
# decision, what is typed, the status that it leads to from each status where it is offered
DECISIONS = {
    "approve": ({}, {Status.SUBMITTED: Status.PUBLISHED}),
    "send_back": ({"note": REASON}, {Status.SUBMITTED: Status.RETURNED}),
    "reject": ({"note": REASON}, {Status.SUBMITTED: Status.REJECTED}),
    "archive": ({}, {Status.PUBLISHED: Status.ARCHIVED}),
    "withdraw": ({"note": REASON}, {Status.PUBLISHED: Status.WITHDRAWN, Status.ARCHIVED: Status.WITHDRAWN}),
    "publish": ({}, {Status.ARCHIVED: Status.PUBLISHED, Status.WITHDRAWN: Status.PUBLISHED}),
}
AT_DESK = [status for status in Status if status not in (Status.DRAFT, Status.MERGED)]


@pytest.mark.parametrize("status", AT_DESK)
@pytest.mark.parametrize("decision", DECISIONS)
def test_decision_does_what_it_says_or_nothing(decision, status):
    typed, ends = DECISIONS[decision]
    project, client = project_in(status), moderator_client()
    response = decide(client, project, decision, **typed)
    project.refresh_from_db()
    assert project.status == ends.get(status, status)
    if status in ends:
        assert response.status_code == 302
        assert project.title in text_of(client.get(response.url))
        assert project.status_changes.last().by.email == "moderation@example.org"
    else:
        assert response.status_code == 409
        assert "Das geht nicht mehr." in text_of(response)
        assert typed.get("note", "") in text_of(response)


@pytest.mark.parametrize("decision", ["send_back", "reject", "approve"])
def test_decision_about_a_working_copy(decision):
    copy, client = copy_in(Status.SUBMITTED), moderator_client()
    decide(client, copy, decision, note=REASON)
    copy.refresh_from_db()
    expected = {"send_back": Status.RETURNED, "reject": Status.REJECTED, "approve": Status.MERGED}
    assert copy.status == expected[decision]
    assert copy.revises.status == Status.PUBLISHED


def visitors() -> dict[str, Client]:
    municipality = make_municipality()
    without = Client()
    without.force_login(make_moderator("ohne"))
    return {
        "anonymous": Client(),
        "stranger": client_of(User.objects.create_user("fremd@example.org")),
        "member": client_of(make_member("mitglied", municipality)),
        "flag without membership": client_of(User.objects.create_user("flagge@example.org", is_staff=True)),
        "moderator without second factor": without,
    }


@pytest.mark.parametrize("decision", DECISIONS)
def test_others_neither_see_nor_decide(decision):
    typed, ends = DECISIONS[decision]
    project = project_in(next(iter(ends)), title="Geheimes Projekt")
    for name, client in visitors().items():
        for response in (client.get(review_url(project)), decide(client, project, decision, **typed)):
            assert response.status_code in (302, 403), name
            assert "Geheimes Projekt" not in text_of(response)
    author = make_member("autorin", project.lead)
    assert decide(client_of(author), project, decision, **typed).status_code == 302
    version = project.version
    project.refresh_from_db()
    assert project.version == version


@pytest.mark.parametrize("make", [make_project, lambda: copy_in(Status.DRAFT)])
def test_drafts_are_not_the_desks_business(make):
    draft = make()
    for client in (moderator_client(), administrator_client()):
        assert client.get(review_url(draft)).status_code == 404
        assert decide(client, draft, "approve").status_code == 404
        queue = reverse("admin:projects_project_changelist")
        assert review_url(draft) not in text_of(client.get(f"{queue}?status=all"))


def test_stale_page_does_nothing_and_says_so():
    project, client = project_in(Status.SUBMITTED), moderator_client()
    seen = Project.objects.get(pk=project.pk)
    workflow.send_back(project, by=None, note="Erst die anderen")
    workflow.submit(project, by=None)
    letters = Letter.objects.count()
    response = decide(client, seen, "reject", note="Mein langer Grund")
    project.refresh_from_db()
    assert response.status_code == 409
    assert "inzwischen geändert" in text_of(response)
    assert "Mein langer Grund" in text_of(response)
    assert (project.status, Letter.objects.count()) == (Status.SUBMITTED, letters)
    assert f'value="{project.version}"' in text_of(response)
    assert decide(client, project, "reject", note="Mein langer Grund").status_code == 302


@pytest.mark.parametrize("decision", ["send_back", "reject", "withdraw"])
def test_reason_is_required(decision):
    status = Status.PUBLISHED if decision == "withdraw" else Status.SUBMITTED
    project, client = project_in(status), moderator_client()
    for note in ("", "  \n "):
        response = decide(client, project, decision, note=note)
        assert response.status_code == 200
        assert "Fehler: Das hat noch nicht geklappt" in text_of(response)
        assert "einen Grund" in text_of(response)
    project.refresh_from_db()
    assert project.status == status


def test_text_blocks_and_parts_reach_the_municipality():
    project = make_project()
    author = make_member("autorin", project.lead)
    workflow.submit(project, by=author)
    project.refresh_from_db()
    persons = TextBlock.objects.create(title="Privatpersonen", text="Bitte nehmen Sie die Namen heraus.", position=1)
    money = TextBlock.objects.create(title="Geld", text="Bitte prüfen Sie die Beträge.", position=2)
    TextBlock.objects.create(title="Belege", text="Bitte nennen Sie Quellen.", position=3)
    typed = {"blocks": [money.pk, persons.pk], "note": "Danke!", "parts": ["story", "money"]}
    client = moderator_client()
    assert "Geld: Bitte prüfen Sie die Beträge." in text_of(client.get(review_url(project)))
    decide(client, project, "send_back", **typed)
    change = StatusChange.objects.get(project=project, to_status=Status.RETURNED)
    assert change.parts == ["story", "money"]
    assert change.note == "Bitte nehmen Sie die Namen heraus.\nBitte prüfen Sie die Beträge.\nDanke!"
    assert change.note in Letter.objects.get(key__startswith="returned:").body


def test_block_that_was_deleted_meanwhile_is_said_and_nothing_is_lost():
    project, client = project_in(Status.SUBMITTED), moderator_client()
    block = TextBlock.objects.create(title="Geld", text="Bitte prüfen Sie die Beträge.")
    gone = block.pk
    block.delete()
    response = decide(client, project, "send_back", blocks=[gone], note="Mein eigener Satz")
    assert response.status_code == 200
    assert "Mein eigener Satz" in text_of(response)
    assert "gibt es nicht mehr" in text_of(response)
    project.refresh_from_db()
    assert project.status == Status.SUBMITTED


@pytest.mark.parametrize("name", ["version", "note", "parts", "blocks"])
@pytest.mark.parametrize("value", ["", "x", "\u202e", "9" * 40, "a" * 100_000])
def test_nonsense_is_no_server_error(name, value):
    project, client = project_in(Status.SUBMITTED), moderator_client()
    sent = {"version": project.version, "note": "", "parts": [], name: value}
    response = client.post(
        review_url(project),
        {"decision": "send_back", **{f"send_back-{key}": text for key, text in sent.items()}},
    )
    assert response.status_code in (200, 302, 400, 409)


def test_page_shows_what_changed_since_the_return():
    project = project_in(Status.RETURNED)
    Project.objects.filter(pk=project.pk).update(summary="Jetzt mit neuem Satz.")
    workflow.submit(Project.objects.get(pk=project.pk), by=None)
    page = text_of(moderator_client().get(review_url(project)))
    assert "Seit der letzten Rückgabe" in page
    assert "<ins>" in page
    workflow.publish(project, by=None)
    project.refresh_from_db()
    assert project.returned_content is None


def test_page_shows_a_working_copy_against_the_public_text():
    copy = copy_in(Status.DRAFT)
    Project.objects.filter(pk=copy.pk).update(title="Ganz anderer Titel")
    workflow.submit(copy, by=None)
    page = text_of(moderator_client().get(review_url(copy)))
    assert "Gegenüber der veröffentlichten Fassung" in page
    assert "Überarbeitung veröffentlichen" in page
    assert "Kopf: Titel" in page


def test_earlier_version_is_shown_and_restored():
    project, client = project_in(Status.PUBLISHED, title="Alter Titel"), moderator_client()
    copy = workflow.open_copy(project, by=None)
    Project.objects.filter(pk=copy.pk).update(title="Neuer Titel")
    workflow.publish(workflow.submit(copy, by=None), by=None)
    project.refresh_from_db()
    assert project.title == "Neuer Titel"
    url = reverse("admin:projects_project_version", args=[project.pk, 1])
    assert "Alter" in text_of(client.get(url))
    assert client.post(url, {"version": project.version - 1}).status_code == 409
    assert client.post(url, {"version": project.version, "note": "Irrtum"}).status_code == 302
    project.refresh_from_db()
    assert project.title == "Alter Titel"
    assert ProjectVersion.objects.filter(project=project).count() == 3
    stranger = client_of(User.objects.create_user("x@example.org"))
    assert stranger.post(url, {"version": project.version}).status_code == 302
    assert client.get(reverse("admin:projects_project_version", args=[project.pk, 99])).status_code == 404


def test_duplicate_leads_to_the_other():
    project, other = project_in(Status.PUBLISHED), project_in(Status.PUBLISHED)
    client = moderator_client()
    for wrong in ("", "nichts", str(10**8), f"/projekte/{make_project().pk}-entwurf/", "9" * 300):
        assert decide(client, project, "mark_duplicate", of=wrong).status_code == 200
    assert decide(client, project, "mark_duplicate", of=str(project.pk)).status_code == 409
    address = f"https://x.example{other.get_absolute_url()}"
    assert decide(client, project, "mark_duplicate", of=address).status_code == 302
    project.refresh_from_db()
    assert (project.status, project.duplicate_of) == (Status.ARCHIVED, other)


def test_both_keys(settings):
    settings.TWO_KEY_APPROVAL = True
    project = project_in(Status.SUBMITTED)
    first, second = moderator_client("erste", Host.NST), moderator_client("zweite", Host.REFUGEE_COUNCIL)
    administrator = administrator_client()
    assert "Freigeben kann nur" in text_of(administrator.get(review_url(project)))
    assert decide(administrator, project, "approve").status_code == 409
    assert "sobald auch die andere Seite" in text_of(first.get(review_url(project)))
    page = first.get(decide(first, project, "approve", dissent="Mit Bauchweh.").url)
    assert "Es fehlt noch: Flüchtlingsrat Niedersachsen" in text_of(page)
    project.refresh_from_db()
    assert project.status == Status.SUBMITTED
    page = text_of(second.get(review_url(project)))
    assert "Mit Bauchweh." in page
    assert "Alle können das Projekt sofort lesen" in page
    refused = decide(second, project, "approve", is_dissent_public="on")
    assert "nur eine Meinung, die auch dasteht" in text_of(refused)
    decide(second, project, "approve", dissent="Öffentlich anders.", is_dissent_public="on")
    project.refresh_from_db()
    assert project.status == Status.PUBLISHED
    assert "Öffentlich anders." in text_of(Client().get(project.get_absolute_url()))


def test_restoring_says_which_files_are_gone_before_and_after():
    project = make_full()
    Attachment.objects.create(project=project, title="Konzept", file="papiere/weg.pdf", size=10)
    bring(project, Status.PUBLISHED)
    Project.objects.filter(pk=project.pk).update(summary="Anders")
    project.attachments.all().delete()
    project.refresh_from_db()
    client, url = moderator_client(), reverse("admin:projects_project_version", args=[project.pk, 1])
    assert "sie kommen nicht zurück: Anlage: Konzept" in text_of(client.get(url))
    page = text_of(client.post(url, {"version": project.version, "note": ""}, follow=True))
    assert "Nicht wiederhergestellt, weil die Dateien nicht mehr da sind: Anlage: Konzept." in page
    assert not project.attachments.exists()
    assert "ohne verlorene Dateien (Anlage: Konzept)" in project.status_changes.last().note


def test_incomplete_project_is_refused_in_a_sentence():
    project = project_in(Status.SUBMITTED)
    project.topics.clear()
    response = decide(moderator_client(), project, "approve")
    assert response.status_code == 409
    assert "noch nicht vollständig" in text_of(response)


def test_page_costs_the_same_however_much_there_is(django_assert_num_queries):
    project = make_full(provenance=Provenance.COMPILED, summary="Frau Muster, muster@example.org")
    for number in range(5):
        make_project(lead=project.lead, title=f"{project.title} {number}", status=Status.SUBMITTED)
    workflow.submit(project, by=None)
    client = moderator_client()
    client.get(review_url(project))  # the first request of a session writes to it
    with django_assert_num_queries(QUERIES_OF_REVIEW):
        page = text_of(client.get(review_url(project)))
    assert "muster@example.org" in page
    small = project_in(Status.SUBMITTED)
    with django_assert_num_queries(QUERIES_OF_REVIEW):
        client.get(review_url(small))


QUERIES_OF_REVIEW = 17
