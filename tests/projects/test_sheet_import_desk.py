"""The pages on which administrators bring in tables: who may, what they show, that looking changes nothing."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from projects import retention
from projects.models import Project, SheetImport, Status
from tests.factories import make_municipality
from tests.projects.desk import administrator_client, moderator_client, text_of
from tests.projects.steps import bring, make_full

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]
QUERIES_OF_PREVIEW = 4  # session, person, second factor, the import
HEAD = "Eigene Kennung;Titel;Schlüssel der Kommune;Projektstand"
ADD = "admin:projects_sheetimport_add"


@pytest.fixture(autouse=True)
def _rows_one_by_one(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def upload(client, text: str, **fields):
    file = SimpleUploadedFile("liste.csv", text.encode(), content_type="text/csv")
    return client.post(reverse(ADD), {"file": file, "source": "Diakonie", "is_submitted": "no", **fields})


def rows(count: int = 1, stage: str = "laufend") -> str:
    key = make_municipality().key
    return "\n".join([HEAD, *(f"{number};Café {number};{key};{stage}" for number in range(count))])


def page_of(row: SheetImport) -> str:
    return reverse("admin:projects_sheetimport_change", args=[row.pk])


def test_upload_preview_and_application():
    client = administrator_client()
    response = upload(client, rows())
    row = SheetImport.objects.get()
    assert (response.url, Project.objects.count()) == (page_of(row), 0)
    page = text_of(client.get(page_of(row)))
    assert "1 neues Projekt, als Entwurf" in page
    assert "<b>Café 0</b>" in page
    response = client.post(page_of(row), {"fingerprint": row.fingerprint}, follow=True)
    assert "1 Projekt ist eingelesen." in text_of(response)
    assert "So einlesen" not in text_of(response)
    assert Project.objects.get().created_by.email == "admin@example.org"
    row.refresh_from_db()
    assert (row.content, row.by.email) == (None, "admin@example.org")


def test_errors_stand_in_a_table_and_nothing_can_be_applied():
    client = administrator_client()
    upload(client, rows(stage="läuft"))
    row = SheetImport.objects.get()
    page = text_of(client.get(page_of(row)))
    assert "Fehler: 1 Zelle stimmt noch nicht." in page
    assert "D2, Projektstand" in page
    assert "So einlesen" not in page
    assert "Was geschehen würde" not in page
    client.post(page_of(row), {"fingerprint": row.fingerprint})
    assert Project.objects.count() == 0


def test_changes_of_a_published_project_are_shown_word_by_word():
    project, client = bring(make_full(title="Altes Café"), Status.PUBLISHED), administrator_client()
    upload(client, f"Projektnummer;Titel\n{project.pk};Neues Café")
    page = text_of(client.get(page_of(SheetImport.objects.get())))
    assert "<del>Altes</del>" in page
    assert "<ins>Neues</ins>" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [("Farbe\nrot", "fehlt die Spalte"), ("", "Diese Datei ist leer"), ("x" * 11_000_000, "Höchstens 10 MB")],
)
def test_file_that_is_none_is_explained_at_the_field(text, said):
    response = upload(administrator_client(), text)
    assert response.status_code == 200
    assert said in text_of(response)
    assert "Fehler:" in text_of(response)
    assert SheetImport.objects.count() == 0


def test_moderators_have_no_business_here():
    upload(administrator_client(), rows())
    row, client = SheetImport.objects.get(), moderator_client()
    for name in ("add", "changelist", "template"):
        assert client.get(reverse(f"admin:projects_sheetimport_{name}")).status_code == 403
    assert client.get(page_of(row)).status_code == 403
    assert client.post(page_of(row), {"fingerprint": row.fingerprint}).status_code == 403
    assert upload(client, rows()).status_code == 403
    assert (Project.objects.count(), SheetImport.objects.count()) == (0, 1)


@pytest.mark.parametrize("count", [1, 30])
def test_preview_costs_the_same_for_many_rows(count, django_assert_num_queries):
    client = administrator_client()
    upload(client, rows(count))
    address = page_of(SheetImport.objects.get())
    client.get(address)
    with django_assert_num_queries(QUERIES_OF_PREVIEW):
        client.get(address)


def test_template_is_a_workbook_and_addresses_without_import_are_none():
    client = administrator_client()
    response = client.get(reverse("admin:projects_sheetimport_template"))
    assert response.content.startswith(b"PK")
    assert "projekte-vorlage.xlsx" in response["Content-Disposition"]
    for address in ("4711", "abc"):
        assert client.get(reverse("admin:projects_sheetimport_change", args=[address])).status_code == 404


def test_file_that_nobody_applies_is_deleted():
    upload(administrator_client(), rows())
    rule = next(rule for rule in retention.RULES if rule.rows == SheetImport.objects.never_applied)
    assert rule.rows().count() == 0
    SheetImport.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert rule.rows().count() == 1
    rule.apply(rule.rows())
    assert SheetImport.objects.count() == 0
