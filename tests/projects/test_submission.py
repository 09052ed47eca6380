"""A draft from the first step to the moderators: parts, states, checking, sending, taking over, deleting."""

import re
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from municipalities.models import Municipality
from projects import submission
from projects.models import Consent, Contact, ContactLevel, Letter, Project, Status, StatusChange
from tests.factories import make_county, make_municipality, make_project, make_topic

from .steps import make_full
from .submitting import FINE, client_of, fill, flat, form_of, make_member, member_client, part_address

pytestmark = pytest.mark.django_db
NEW = "/mitmachen/projekte/neu/"


@pytest.fixture
def town() -> Municipality:
    return make_municipality(name="Musterstadt", display_name="Stadt Musterstadt")


@pytest.fixture
def client(town):
    return member_client(town)


def begin(client, **typed):
    sent = form_of(client.get(NEW))
    return client.post(NEW, {**sent, "title": "Sprachcafé im Rathaus", "stage": "running", **typed})


def test_whole_way_from_the_first_step_to_the_moderators(client, town):
    response = begin(client)
    project = Project.objects.get()
    assert response.url == f"/mitmachen/projekte/{project.pk}/"
    assert (project.lead, project.status, project.created_by.email) == (town, Status.DRAFT, "mitglied@example.org")
    topic = make_topic()
    assert fill(client, project, "kopf", summary=FINE["summary"]).status_code == 302
    assert fill(client, project, "einordnung", topics=[topic.pk], started="9/2015").status_code == 302
    assert fill(client, project, "geschichte", approach=FINE["approach"]).status_code == 302
    check = client.get(part_address(project, "pruefen"))
    assert "Fehler" not in flat(check)
    sent = {**form_of(check), "licence": "on", "rights": "on", "privacy": "on", "municipality": "on"}
    assert client.post(part_address(project, "absenden"), sent).status_code == 302
    project.refresh_from_db()
    assert (project.status, project.started_on, project.started_precision) == ("submitted", date(2015, 9, 1), "month")
    assert Consent.objects.count() == 4
    assert "CC BY 4.0" in Consent.objects.order_by("pk")[0].wording
    assert "Die Moderation prüft" in flat(client.get(f"/mitmachen/projekte/{project.pk}/"))
    # The same form once more changes nothing and is no error.
    assert client.post(part_address(project, "absenden"), sent).status_code == 302
    assert (Consent.objects.count(), StatusChange.objects.count(), Letter.objects.count()) == (4, 1, 1)


def test_only_own_municipalities_can_be_chosen(client, town):
    foreign = make_municipality()
    assert Project.objects.count() == 0
    response = begin(client, lead=foreign.pk)
    assert response.status_code == 200
    assert not Project.objects.exists()
    assert f'<option value="{town.pk}" selected>' in flat(client.get(NEW))
    assert f'value="{foreign.pk}"' not in flat(client.get(NEW))


@pytest.mark.check("R01")
def test_first_step_sent_twice_gives_one_project(client):
    sent = {**form_of(client.get(NEW)), "title": "Sprachcafé", "stage": "running"}
    first, second = client.post(NEW, sent), client.post(NEW, sent)
    assert first.url == second.url
    assert Project.objects.count() == 1


def test_key_of_somebody_else_opens_nothing(client):
    key = uuid4()
    foreign = make_project(submission_key=key)
    with pytest.raises(Exception, match="submission_key"):
        begin(client, submission_key=str(key))
    assert Project.objects.get() == foreign


def test_person_without_municipality_is_told_how_to_get_one(django_user_model):
    user = django_user_model.objects.create_user("neu@example.org", "geheim-geheim-geheim")
    assert "Für welche Kommune handeln Sie?" in flat(client_of(user).get(NEW))
    assert "Mein Konto" in flat(client_of(user).get("/mitmachen/projekte/"))


@pytest.mark.check("S04")
def test_extra_fields_of_a_form_are_ignored(client, town):
    foreign = make_municipality()
    project = make_project(lead=town)
    extra = {"status": "published", "published_at": "2020-01-01", "version": None, "provenance": "compiled"}
    before = form_of(client.get(part_address(project, "kopf")))
    sent = {**before, **{name: value for name, value in extra.items() if value}}
    sent |= {"summary": "Neu.", "created_by": "1", "publication_number": "7", "import_key": "x", "revises": project.pk}
    assert client.post(part_address(project, "kopf"), sent).status_code == 302
    project.refresh_from_db()
    assert (project.summary, project.status, project.published_at) == ("Neu.", "draft", None)
    assert (project.publication_number, project.import_key, project.revises_id) == (None, None, None)
    assert project.provenance == "municipality"
    sent = {**form_of(client.get(part_address(project, "kopf"))), "lead": foreign.pk}
    assert client.post(part_address(project, "kopf"), sent).status_code == 200
    project.refresh_from_db()
    assert project.lead == town


def test_incomplete_draft_is_saved_and_says_what_is_missing(client, town):
    project = make_project(lead=town, topics=(), summary="", approach="")
    page = flat(client.get(f"/mitmachen/projekte/{project.pk}/"))
    assert "Die Kurzbeschreibung fehlt." in page
    assert "Wählen Sie mindestens ein Handlungsfeld" in page
    assert fill(client, project, "kopf", operator="Sozialamt").status_code == 302
    check = client.get(part_address(project, "pruefen"))
    assert "Fehler: Vor dem Absenden fehlt noch etwas" in flat(check)
    sent = {"version": project.version + 1, "licence": "on", "rights": "on", "privacy": "on", "municipality": "on"}
    assert client.post(part_address(project, "absenden"), sent).status_code == 200
    project.refresh_from_db()
    assert project.status == Status.DRAFT


def test_nothing_is_sent_without_all_consents(client, town):
    project = make_project(lead=town)
    sent = {"version": project.version, "licence": "on"}
    response = client.post(part_address(project, "absenden"), sent)
    assert flat(response).count("Bitte stimmen Sie dem zu.") == 6  # three sentences, above and at the field
    assert not Consent.objects.exists()


def test_what_was_checked_is_what_is_sent(client, town):
    project = make_project(lead=town)
    sent = {**form_of(client.get(part_address(project, "pruefen"))), "licence": "on", "rights": "on", "privacy": "on"}
    fill(client, project, "kopf", summary="Von einer Kollegin geändert.")
    response = client.post(part_address(project, "absenden"), {**sent, "municipality": "on"})
    assert "inzwischen geändert" in flat(response)
    assert not Consent.objects.exists()


def test_progress_counts_required_and_recommended(town):
    project = submission.with_rows(Project.objects.all()).get(pk=make_project(lead=town, topics=(), approach="").pk)
    progress = submission.progress(project)
    states = {task.part.name: task.state for task in progress.tasks}
    assert states["head"] == "begun"
    assert states["story"] == "open"
    assert [item.field for item in progress.missing] == ["topics", "approach"]
    assert (progress.done, progress.total) == (4, 30)
    assert progress.percent == 13


def test_zero_is_an_answer_and_empty_is_none(client, town):
    project = make_project(lead=town)
    fill(client, project, "aufwand", volunteers="0", cost_one_off="1.400.000,50", cost_one_off_estimated="on")
    project.refresh_from_db()
    assert (project.volunteers, project.staff_fte) == (0, None)
    assert (project.cost_one_off, project.cost_one_off_estimated) == (Decimal("1400000.50"), True)
    assert 'value="1.400.000,50"' in flat(client.get(part_address(project, "aufwand")))


def test_returned_project_says_why_and_can_be_changed(client, town):
    project = make_project(lead=town, status=Status.RETURNED)
    StatusChange.objects.create(
        project=project, from_status="submitted", to_status="returned", note="Bitte den Zeitraum der Zahl nennen."
    )
    for address in ("/mitmachen/projekte/", f"/mitmachen/projekte/{project.pk}/"):
        assert "Bitte den Zeitraum der Zahl nennen." in flat(client.get(address))
    assert fill(client, project, "kopf", summary="Neu").status_code == 302


def test_return_about_single_parts_is_shown_with_the_parts(client, town):
    project = make_project(lead=town, status=Status.RETURNED)
    change = StatusChange.objects.create(
        project=project,
        from_status="submitted",
        to_status="returned",
        note="Welches Jahr?",
        parts=["money", "pictures"],
    )
    page = flat(client.get(f"/mitmachen/projekte/{project.pk}/"))
    assert "Es geht um diese Teile:" in page
    for slug in ("geld", "bilder"):
        assert page.count(f'href="/mitmachen/projekte/{project.pk}/{slug}/"') == 2
        shown = flat(client.get(part_address(project, slug)))
        assert "<strong>Zurückgegeben, auch wegen dieses Teils:</strong></p><p>Welches Jahr?</p>" in shown
    assert page.count("bitte überarbeiten") == 2
    assert "Welches Jahr?" not in flat(client.get(part_address(project, "kopf")))
    # A part that was renamed away since is left out; sent again, nothing is said any more.
    StatusChange.objects.create(
        project=project, from_status="submitted", to_status="returned", note=change.note, parts=["gone"]
    )
    assert "Es geht um diese Teile:" not in flat(client.get(f"/mitmachen/projekte/{project.pk}/"))
    Project.objects.filter(pk=project.pk).update(status=Status.DRAFT)
    assert "Welches Jahr?" not in flat(client.get(part_address(project, "geld")))


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RETURNED, Status.SUBMITTED, Status.REJECTED])
def test_every_link_of_a_preview_leads_somewhere(client, town, status):
    contact = Contact.objects.create(
        function="Koordination", organisation="Stadt", email="amt@example.org", public_level=ContactLevel.FUNCTION
    )
    source = make_project(status=Status.PUBLISHED, title="Vorbild")
    project = make_full(
        lead=town, contact=contact, adopted_from=source, help_offered="Gern", status=status, submitted_at=timezone.now()
    )
    project.further.add(make_municipality())
    page = client.get(f"/mitmachen/projekte/{project.pk}/vorschau/").content.decode()
    links = {link for link in re.findall(r'<a\b[^>]*href="(/[^"#]*)', page) if "/konto/" not in link}
    assert len(links) > 10
    assert {link: code for link in links if (code := client.get(link).status_code) != 200} == {}


def test_submitted_project_is_closed_but_typed_text_stays(client, town):
    project = make_project(lead=town)
    sent = form_of(client.get(part_address(project, "kopf")))
    Project.objects.filter(pk=project.pk).update(status=Status.SUBMITTED, submitted_at="2026-01-01T00:00Z")
    response = client.post(part_address(project, "kopf"), {**sent, "summary": "Zu spät getippt."})
    assert response.status_code == 409
    assert "Zu spät getippt." in flat(response)
    project.refresh_from_db()
    assert project.summary != "Zu spät getippt."
    Project.objects.filter(pk=project.pk).update(status=Status.RETURNED)
    assert "Zu spät getippt." in flat(client.get(part_address(project, "kopf")))


def test_preview_is_the_public_page_with_a_banner(client, town):
    project = make_project(lead=town, summary="Nur für uns.")
    page = flat(client.get(part_address(project, "vorschau")))
    assert "Nur für uns." in page
    assert "Vorschau." in page


def test_draft_can_be_deleted_until_it_was_sent(client, town):
    project = make_project(lead=town)
    address = part_address(project, "loeschen")
    assert "Entwurf löschen?" in flat(client.get(address))
    assert client.post(address).status_code == 302
    assert not Project.objects.exists()
    sent = make_project(lead=town, status=Status.RETURNED)
    assert client.post(part_address(sent, "loeschen")).status_code == 404
    assert Project.objects.get() == sent


@pytest.mark.check("R04")
def test_published_project_is_edited_on_a_working_copy(client, town):
    project = make_project(lead=town, status=Status.PUBLISHED)
    assert client.get(part_address(project, "kopf")).status_code == 302
    response = client.post(part_address(project, "bearbeiten"))
    copy = Project.objects.get(revises=project)
    assert response.url == f"/mitmachen/projekte/{copy.pk}/"
    assert client.post(part_address(project, "bearbeiten")).url == response.url
    assert "Arbeitskopie" in flat(client.get(response.url))
    assert fill(client, copy, "kopf", summary="Überarbeitet.").status_code == 302
    project.refresh_from_db()
    assert project.summary != "Überarbeitet."


def test_municipality_confirms_its_published_project_at_any_time(client, town):
    project = make_project(lead=town, status="published")
    address = part_address(project, "bestaetigen")
    assert "Stand bestätigen" in flat(client.get(part_address(project, "")[:-1]))
    assert Client().post(address).url.startswith("/konto/anmelden/")
    assert client.post(part_address(make_project(lead=town), "bestaetigen")).status_code == 404
    project.refresh_from_db()
    assert project.confirmed_on is None
    assert "gilt ab heute als bestätigt" in flat(client.post(address, follow=True))
    project.refresh_from_db()
    assert project.confirmed_on == timezone.localdate()
    assert project.status_changes.get().by.email == "mitglied@example.org"


def test_template_copies_how_it_works_and_where_it_came_from(client, town):
    source = make_project(
        status=Status.PUBLISHED, approach="So geht es. [1]", results="140 Räder", cost_yearly=5000, volunteers=12
    )
    source.references.create(number=1, publisher="Zeitung")
    address = f"/projekte/{source.pk}-{source.slug}/uebernehmen/"
    page = client.get(address)
    response = client.post(address, form_of(page))
    copy = Project.objects.get(adopted_from=source)
    assert response.url == f"/mitmachen/projekte/{copy.pk}/"
    assert (copy.lead, copy.approach, copy.status) == (town, "So geht es.", Status.DRAFT)
    assert (copy.results, copy.cost_yearly, copy.volunteers, copy.contact) == ("", None, None, None)
    assert not copy.references.exists()
    assert [topic.slug for topic in copy.topics.all()] == ["housing"]
    client.post(address, form_of(page))
    assert Project.objects.filter(adopted_from=source).count() == 1


# The hint to projects that may be the same


def test_similar_project_nearby_is_named_where_it_is_public(client, town):
    near = make_municipality(county=town.county)
    public = make_project(lead=near, title="Sprachcafe Rathaus", status=Status.PUBLISHED)
    response = begin(client)
    assert response.status_code == 200
    assert public.get_absolute_url() in flat(response)
    assert not Project.objects.filter(lead=town).exists()
    assert begin(client, similar_seen="on").status_code == 302


def test_hint_reveals_nothing_of_foreign_drafts_but_their_existence(client, town):
    near = make_municipality(county=town.county, name="Nachbarort")
    make_project(lead=near, title="Sprachcafé im Rathaus am Markt", summary="Streng geheim")
    page = flat(begin(client))
    assert "Es gibt dazu schon einen nicht veröffentlichten Entwurf." in page
    assert "am Markt" not in page
    assert "Nachbarort" not in page
    assert "geheim" not in page


def test_own_draft_is_linked(client, town):
    own = make_project(lead=town, title="Sprachcafé im Rathaus")
    page = flat(begin(client))
    assert f"/mitmachen/projekte/{own.pk}/" in page
    assert "nicht veröffentlichten Entwurf" not in page


def test_far_or_different_projects_give_no_hint(client, town):
    make_project(lead=make_municipality(latitude=53.9, longitude=8.1), title="Sprachcafé im Rathaus")
    make_project(lead=make_municipality(county=town.county), title="Fahrradwerkstatt")
    assert begin(client).status_code == 302


def test_within_thirty_kilometres_is_near(client):
    make_project(
        lead=make_municipality(county=make_county(), latitude=52.7, longitude=9.5), title="Sprachcafé im Rathaus"
    )
    assert begin(client).status_code == 200


# Who sees what


@pytest.mark.check("S02")
@pytest.mark.parametrize("status", [status for status in Status.values if status != Status.MERGED])
def test_foreign_projects_do_not_exist_whatever_the_method(client, status):
    fields = {"withdrawn_at": "2026-01-01T00:00Z", "withdrawal_reason": "x"} if status == Status.WITHDRAWN else {}
    project = make_project(status=status, **fields)
    pages = ["", "pruefen/", "absenden/", "loeschen/", "bearbeiten/", "bestaetigen/"]
    pages += [f"{part.slug}/" for part in submission.FORM_PARTS]
    pages += [f"{part.slug}/merken/" for part in submission.FORM_PARTS]
    for page in pages:
        for method in (client.get, client.post, client.put, client.delete):
            assert method(f"/mitmachen/projekte/{project.pk}/{page}").status_code in (404, 405), page
    preview = client.get(f"/mitmachen/projekte/{project.pk}/vorschau/")
    assert preview.status_code == (200 if status == Status.PUBLISHED else 404)


def test_county_does_not_see_drafts_of_its_members(town):
    county_client = client_of(make_member(town.county, email="kreis@example.org"))
    assert county_client.get(f"/mitmachen/projekte/{make_project(lead=town).pk}/").status_code == 404


def test_pages_of_signed_in_people_are_not_stored(client, town):
    project = make_project(lead=town)
    for page in ("", "kopf/", "pruefen/", "vorschau/"):
        assert "no-store" in client.get(f"/mitmachen/projekte/{project.pk}/{page}")["Cache-Control"]
