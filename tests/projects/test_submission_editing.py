"""Saving a part: rows, two people at once, text that was typed and not saved, ended sessions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from projects import submission, typed_texts
from projects.models import Contact, FundingSource, ObstacleCategory, Project, Status, TypedText
from tests.factories import make_funding_source, make_municipality, make_project

from .submitting import client_of, fill, flat, form_of, make_member, member_client, part_address

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def client(project):
    return member_client(project.lead)


def money(*rows: dict) -> dict:
    fields = {"financings-TOTAL_FORMS": len(rows), "financings-INITIAL_FORMS": 0}
    return fields | {f"financings-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


# Rows


def test_three_money_rows_are_stored_and_shown_again(client, project):
    land = make_funding_source("Land Niedersachsen", "state")
    rows = [
        {
            "source_name": "land niedersachsen",
            "amount": "12.500",
            "starts": "2019",
            "ends": "2021",
            "is_per_year": "on",
        },
        {"source_name": "Bürgerstiftung Musterstadt", "level": "foundation", "kind": "grant", "amount": "0"},
        {"source_name": "Volksbank", "level": "loan", "kind": "loan", "permanence": "one_off", "ends": "6/2030"},
    ]
    assert fill(client, project, "geld", **money(*rows)).status_code == 302
    first, second, third = project.financings.select_related("source")
    assert (first.source, first.level, first.amount) == (land, "state", Decimal(12500))
    assert (str(first.starts_on), str(first.ends_on)) == ("2019-01-01", "2021-12-31")
    assert (second.source.name, second.amount) == ("Bürgerstiftung Musterstadt", 0)
    assert (third.amount, str(third.ends_on)) == (None, "2030-06-30")
    shown = form_of(client.get(part_address(project, "geld")))
    assert shown["financings-0-starts"] == ["2019"]
    assert shown["financings-2-ends"] == ["6/2030"]
    assert shown["financings-1-amount"] == ["0"]
    # Nothing touched: the same once more, no new source.
    assert fill(client, project, "geld").status_code == 302
    assert project.financings.count() == 3
    assert FundingSource.objects.count() == 3


def test_emptied_rows_disappear(client, project):
    fill(
        client,
        project,
        "geld",
        **money({"source_name": "Bund", "level": "federal"}, {"source_name": "EU", "level": "eu"}),
    )
    sent = {"financings-0-source_name": "", "financings-0-level": ""}
    assert fill(client, project, "geld", **sent).status_code == 302
    assert [row.source.name for row in project.financings.select_related("source")] == ["EU"]


def test_unknown_source_needs_its_level_and_says_so(client, project):
    response = fill(client, project, "geld", **money({"source_name": "Onkel Dagobert", "amount": "5"}))
    assert response.status_code == 200
    assert "Geldquelle 1, Ebene: Bitte wählen Sie die Ebene." in flat(response)
    assert 'href="#id_financings-0-level"' in flat(response)
    assert not FundingSource.objects.exists()


def test_no_money_and_money_contradict(client, project):
    response = fill(client, project, "geld", has_no_funding="on", **money({"source_name": "Bund", "level": "federal"}))
    assert "Unten stehen Geldquellen" in flat(response)


def test_rows_are_added_and_removed_without_javascript(client, project):
    address = part_address(project, "geld")
    sent = form_of(client.get(address))
    sent |= {"financings-0-source_name": "Bund", "add": "financings"}
    page = client.post(address, sent)
    sent = form_of(page)
    assert sent["financings-TOTAL_FORMS"] == ["2"]
    assert sent["financings-0-source_name"] == ["Bund"]
    assert "autofocus" in flat(page)
    sent |= {"financings-1-source_name": "Land", "remove": "financings-0"}
    sent = form_of(client.post(address, sent))
    assert (sent["financings-TOTAL_FORMS"], sent["financings-0-source_name"]) == (["1"], ["Land"])
    assert not project.financings.exists()
    # A page that was left in between shows it again.
    assert form_of(client.get(address))["financings-0-source_name"] == ["Land"]


def test_references_keep_their_numbers(client, project):
    rows = {"references-TOTAL_FORMS": 3, "references-0-publisher": "A", "references-1-publisher": "B"}
    rows |= {"references-2-publisher": "C", "references-2-published": "9/2019"}
    fill(client, project, "belege", **rows)
    assert [row.number for row in project.references.all()] == [1, 2, 3]
    assert project.references.get(number=3).published == "2019-09"
    fill(client, project, "belege", **{"references-1-publisher": ""})
    fill(client, project, "belege", **{"references-TOTAL_FORMS": 3, "references-2-publisher": "D"})
    assert [(row.number, row.publisher) for row in project.references.all()] == [(1, "A"), (3, "C"), (4, "D")]


def test_key_figure_cites_only_sources_that_are_there(client, project):
    figure = {"key_figures-0-name": "Räder", "key_figures-0-value": "140", "key_figures-0-measured": "2020"}
    response = fill(client, project, "belege", **figure, **{"key_figures-0-cites": "2"})
    assert "Diese Quelle steht nicht unten: 2." in flat(response)
    sent = {**figure, "key_figures-0-cites": "1", "references-0-publisher": "Zeitung"}
    assert fill(client, project, "belege", **sent).status_code == 302
    assert project.key_figures.get().cites == [1]


def test_same_key_figure_twice_for_a_date_is_refused(client, project):
    rows = {"key_figures-TOTAL_FORMS": 2}
    for number in range(2):
        rows |= {f"key_figures-{number}-{name}": value for name, value in [("name", "Räder"), ("measured", "2020")]}
        rows[f"key_figures-{number}-value"] = number
    assert "steht für diesen Stand schon" in flat(fill(client, project, "belege", **rows))


def test_obstacle_is_stored(client, project):
    category = ObstacleCategory.objects.create(slug="law", label="Recht", label_en="Law")
    row = {"obstacles-0-category": category.pk, "obstacles-0-text": "Das Formular gibt es nur auf Papier."}
    assert fill(client, project, "huerden", **row).status_code == 302
    assert project.obstacles.get().category == category


# Contact


def test_contact_is_made_reused_and_changed_in_one_place(client, project):
    fields = {"function": "Koordinierungsstelle", "organisation": "Stadt", "email": "integration@example.org"}
    assert fill(client, project, "kontakt", choice="new", **fields).status_code == 302
    contact = Contact.objects.get()
    project.refresh_from_db()
    assert (project.contact, contact.municipality, contact.public_level) == (contact, project.lead, "function")
    fill(client, project, "kontakt", choice="edit", phone="0441 123")
    contact.refresh_from_db()
    assert contact.phone == "0441 123"
    other = make_project(lead=project.lead)
    response = fill(client, other, "kontakt", choice=str(contact.pk))
    assert response.status_code == 302
    other.refresh_from_db()
    assert other.contact == contact
    assert 'value="edit"' not in flat(client.get(part_address(project, "kontakt")))
    fill(client, project, "kontakt", choice="")
    project.refresh_from_db()
    assert project.contact is None
    assert Contact.objects.exists()


def test_contact_of_another_municipality_cannot_be_taken(client, project):
    foreign = Contact.objects.create(
        function="Amt", organisation="Anderswo", email="a@example.org", municipality=make_municipality()
    )
    assert fill(client, project, "kontakt", choice=str(foreign.pk)).status_code == 200
    project.refresh_from_db()
    assert project.contact is None


# Two people at once


def test_second_writer_sees_both_texts_and_decides(client, project):
    address = part_address(project, "kopf")
    mine, theirs = form_of(client.get(address)), form_of(client.get(address))
    assert client.post(address, {**theirs, "summary": "Text der Kollegin", "operator": "Amt"}).status_code == 302
    response = client.post(address, {**mine, "summary": "Mein Text", "operator": "Amt"})
    page = flat(response)
    assert response.status_code == 409
    assert "Text der Kollegin" in page
    assert "Mein Text" in page
    assert 'name="keep-summary"' in page
    assert "keep-operator" not in page
    project.refresh_from_db()
    assert project.summary == "Text der Kollegin"
    sent = form_of(response)
    taken = client.post(address, {**sent, "keep-summary": "stored", "title": "Neuer Titel"})
    assert taken.status_code == 302
    project.refresh_from_db()
    assert (project.summary, project.title) == ("Text der Kollegin", "Neuer Titel")


def test_own_text_can_be_kept(client, project):
    address = part_address(project, "kopf")
    mine = form_of(client.get(address))
    fill(client, project, "kopf", summary="Text der Kollegin")
    response = client.post(address, {**mine, "summary": "Mein Text"})
    assert client.post(address, form_of(response)).status_code == 302
    project.refresh_from_db()
    assert project.summary == "Mein Text"


def test_rows_conflict_as_a_whole(client, project):
    address = part_address(project, "geld")
    mine = form_of(client.get(address))
    fill(client, project, "geld", **money({"source_name": "Bund", "level": "federal"}))
    response = client.post(address, {**mine, **money({"source_name": "Land", "level": "state"})})
    assert response.status_code == 409
    assert "Wer gibt das Geld? Bund" in flat(response)
    sent = {**form_of(response), "keep-financings": "stored"}
    assert client.post(address, sent).status_code == 302
    assert project.financings.get().source.name == "Bund"


def test_other_parts_do_not_conflict(client, project):
    address = part_address(project, "kopf")
    mine = form_of(client.get(address))
    fill(client, project, "aufwand", volunteers="3")
    assert client.post(address, {**mine, "summary": "Mein Text"}).status_code == 302
    project.refresh_from_db()
    assert (project.summary, project.volunteers) == ("Mein Text", 3)


@pytest.mark.check("R02")
@pytest.mark.django_db(transaction=True)
def test_twenty_edits_of_one_version_give_one_save_and_nineteen_answers_with_both_texts():
    project = make_project()
    users = [make_member(project.lead, email=f"person{number}@example.org") for number in range(20)]
    clients = [client_of(user) for user in users]
    address = part_address(project, "kopf")
    forms = [form_of(client.get(address)) for client in clients]
    start = Barrier(20)

    def save(number: int):
        start.wait()
        try:
            return clients[number].post(address, {**forms[number], "summary": f"Text von Person {number}."})
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(save, range(20)))
    saved = [number for number, answer in enumerate(answers) if answer.status_code == 302]
    assert len(saved) == 1
    project.refresh_from_db()
    assert project.summary == f"Text von Person {saved[0]}."
    for number, answer in enumerate(answers):
        if number not in saved:
            assert answer.status_code == 409
            assert f"Text von Person {number}." in flat(answer)
            assert project.summary in flat(answer)
    assert TypedText.objects.count() == 19


# Typed and not saved


def test_typed_text_comes_back_and_goes_with_saving(client, project):
    address = part_address(project, "kopf")
    sent = {**form_of(client.get(address)), "summary": "Noch nicht fertig", "title": ""}
    assert client.post(f"{address}merken/", sent).status_code == 204
    page = client.get(address)
    assert "Hier steht wieder" in flat(page)
    assert "Fehler" not in flat(page)
    assert form_of(page)["summary"] == ["Noch nicht fertig"]
    assert "nicht gespeicherter Text" in flat(client.get(f"/mitmachen/projekte/{project.pk}/"))
    assert client.post(address, {**form_of(page), "title": "Titel"}).status_code == 302
    assert not TypedText.objects.exists()
    project.refresh_from_db()
    assert project.summary == "Noch nicht fertig"


def test_typed_text_is_seen_by_nobody_else(client, project):
    address = part_address(project, "kopf")
    client.post(f"{address}merken/", {**form_of(client.get(address)), "summary": "Nur meins"})
    colleague = client_of(make_member(project.lead, email="kollegin@example.org"))
    assert "Nur meins" not in flat(colleague.get(address))


def test_typed_text_can_be_discarded(client, project):
    address = part_address(project, "kopf")
    client.post(f"{address}merken/", {**form_of(client.get(address)), "summary": "Doch nicht"})
    client.post(address, {"discard": "1"})
    assert "Doch nicht" not in flat(client.get(address))


def test_invalid_form_is_kept(client, project):
    fill(client, project, "kopf", title="", summary="Bleibt da")
    assert form_of(client.get(part_address(project, "kopf")))["summary"] == ["Bleibt da"]


def test_text_that_is_no_text_is_not_kept(client, project):
    address = part_address(project, "kopf")
    assert client.post(f"{address}merken/", {"summary": "x" * 400_001}).status_code == 413
    assert not TypedText.objects.exists()


def test_autosave_of_an_ended_session_is_told_so(client, project):
    client.logout()
    assert client.post(part_address(project, "kopf") + "merken/", {"summary": "x"}).status_code == 401


def test_ended_session_brings_everything_back_after_the_login(client, project):
    address = part_address(project, "kopf")
    sent = {**form_of(client.get(address)), "summary": "In der Mittagspause getippt"}
    user = client.session["_auth_user_id"]
    client.logout()
    response = client.post(address, sent)
    assert response.url.startswith(f"{reverse('account_login')}?next=")
    token = TypedText.objects.get().token
    assert str(token) in response.url
    stranger = member_client(email="fremd@example.org")
    assert stranger.get(f"{address}?text={token}").status_code == 404
    client.force_login(type(make_member(make_municipality(), email="x@example.org")).objects.get(pk=user))
    page = client.get(f"{address}?text={token}")
    assert form_of(page)["summary"] == ["In der Mittagspause getippt"]
    assert client.post(address, form_of(page)).status_code == 302
    assert not TypedText.objects.exists()
    project.refresh_from_db()
    assert project.summary == "In der Mittagspause getippt"


def test_ended_session_at_the_first_step(client):
    sent = {**form_of(client.get("/mitmachen/projekte/neu/")), "title": "Sprachcafé", "stage": "pilot"}
    client.logout()
    response = client.post("/mitmachen/projekte/neu/", sent)
    token = TypedText.objects.get().token
    assert str(token) in response.url
    again = member_client(email="wieder@example.org")
    assert form_of(again.get(f"/mitmachen/projekte/neu/?text={token}"))["title"] == ["Sprachcafé"]


def test_text_of_an_ended_session_is_kept_for_a_day(client, project):
    token = typed_texts.keep_without_owner(project.pk, "head", typed_texts.as_data([["summary", "x"]]))
    TypedText.objects.update(saved_at=timezone.now() - timedelta(hours=25))
    assert typed_texts.recall(make_member(project.lead, email="a@example.org"), project, "head", str(token)) is None
    assert typed_texts.delete_expired() == 1


def test_ended_session_does_not_tell_which_projects_exist(client):
    client.logout()
    response = client.post("/mitmachen/projekte/999999/kopf/", {"summary": "x"})
    assert "text%3D" in response.url
    assert not TypedText.objects.exists()


# Queries: the same for one row and for many


QUERIES = {
    "kopf": 6,
    "einordnung": 8,
    "geschichte": 4,
    "aufwand": 4,
    "geld": 8,
    "belege": 6,
    "nachmachen": 4,
    "huerden": 7,
    "kontakt": 5,
}


@pytest.mark.check("R09")
@pytest.mark.parametrize(("slug", "expected"), QUERIES.items())
def test_part_page_asks_a_fixed_number_of_queries(client, project, django_assert_num_queries, slug, expected):
    source = make_funding_source()
    category = ObstacleCategory.objects.create(slug="law", label="Recht", label_en="Law")
    for number in range(1, 21):
        project.financings.create(source=source, level="state", position=number)
        project.obstacles.create(category=category, text="x", position=number)
        project.references.create(number=number, publisher="x")
        project.key_figures.create(name=f"x{number}", value=1, measured_on="2020-01-01", measured_precision="year")
    client.get(part_address(project, slug))
    with django_assert_num_queries(expected):
        client.get(part_address(project, slug))


def test_overview_asks_a_fixed_number_of_queries(client, project, django_assert_num_queries):
    for _number in range(10):
        make_project(lead=project.lead, status=Status.RETURNED)
    with django_assert_num_queries(7):
        client.get("/mitmachen/projekte/")
    with django_assert_num_queries(11):
        client.get(f"/mitmachen/projekte/{project.pk}/")
    assert len(submission.PARTS) == 10
    assert Project.objects.count() == 11
