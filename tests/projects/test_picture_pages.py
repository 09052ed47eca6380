"""Pictures and papers over HTTP: their page in the submission, their addresses, the project's page, cleaning up."""

import os
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from municipalities.models import User
from projects import pictures, workflow
from projects.models import Attachment, Picture, ProjectVersion, TypedText
from tests.access_world import member_of
from tests.factories import make_municipality, make_project
from tests.projects import picture_zoo as zoo
from tests.projects.test_pictures import add, files, full_disk  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

WORDS = {"alt": "Kinder malen ein Haus", "credit": "Stadt Musterhausen", "rights_confirmed": "on"}


@pytest.fixture
def municipality():
    return make_municipality(name="Beispielstadt")


@pytest.fixture
def person(municipality) -> User:
    return member_of(municipality, "autorin@example.org")


@pytest.fixture
def client(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def project(municipality):
    return make_project(lead=municipality)


def address(project) -> str:
    return reverse("projects:part_pictures", args=[project.pk])


def send(client, project, content: bytes | None, action: str = "add", /, **words):
    file = {} if content is None else {"file": zoo.upload(content)}
    return client.post(address(project), {"action": action, **words, **file})


def send_paper(client, project, content: bytes, title: str = "Konzept"):
    file = zoo.upload(content, "k.pdf", "application/pdf")
    return client.post(address(project), {"action": "add_paper", "paper-title": title, "paper-file": file})


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)


# The page


def test_picture_is_uploaded_and_shown(client, project):
    response = send(client, project, zoo.with_gps(), **WORDS)
    row = Picture.objects.get()
    assert (response.status_code, response.url) == (302, f"{address(project)}#bild-{row.pk}")
    assert (row.project, row.alt, row.credit) == (project, "Kinder malen ein Haus", "Stadt Musterhausen")
    text = text_of(client.get(address(project)))
    assert "Das Bild ist gespeichert." in text
    assert f'src="/medien/bilder/{row.pk}/400.webp" alt="Kinder malen ein Haus" width="640" height="480"' in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zoo.SVG, "Das ist eine SVG- oder HTML-Datei und kein Foto."),
        (zoo.bomb(), "Dieses Bild hat mehr als 40 Megapixel."),
        (zoo.padded(zoo.jpeg(), 11_000_000), "Diese Datei ist 11,0 MB groß."),
        (zoo.padded(zoo.jpeg(), 40_000_000), "Diese Datei ist 40,0 MB groß."),
        (b"", "Diese Datei ist leer."),
        (None, "Bitte wählen Sie ein Bild aus."),
    ],
    ids="svg bomb 11-mb 40-mb empty none".split(),
)
def test_refused_file_is_answered_in_words_and_leaves_what_was_typed(client, project, content, sentence):
    response = send(client, project, content, **WORDS)
    text = text_of(response)
    assert response.status_code == 200
    assert "<title>Fehler: " in text
    assert sentence in text
    assert "Kinder malen ein Haus</textarea>" in text
    assert 'value="Stadt Musterhausen"' in text
    assert (files(), Picture.objects.count()) == ([], 0)


def test_good_file_with_missing_words_has_to_be_chosen_again(client, project):
    text = text_of(send(client, project, zoo.jpeg(), credit="Stadt"))
    assert "Bitte beschreiben Sie das Bild." in text
    assert "Ohne Rechte und Einwilligungen können wir das Bild nicht zeigen." in text
    assert "Bitte wählen Sie die Datei danach noch einmal aus" in text
    assert files() == []


@pytest.mark.parametrize("name", ["alt", "credit"])
@pytest.mark.parametrize("typed", ["", " \u200b ", "a\u202eb", "x" * 301], ids="empty blank bidi long".split())
def test_words_are_checked(client, project, name, typed):
    assert send(client, project, zoo.jpeg(), **{**WORDS, name: typed}).status_code == 200
    assert not Picture.objects.exists()


@pytest.mark.check("S04")
def test_extra_fields_change_nothing(client, project):
    other = make_project()
    send(client, project, zoo.jpeg(), **WORDS, project=other.pk, position=99, width=1, id=4711)
    row = Picture.objects.get()
    assert (row.project, row.position, row.width) == (project, 0, 640)


@pytest.mark.check("F05")
def test_full_disk_is_said_and_leaves_nothing(client, project, full_disk):  # noqa: F811
    sizes = zoo.saved(zoo.noise(900, 700), "JPEG", quality=40)
    text = text_of(send(client, project, sizes, **WORDS))
    assert "Unser Server kann die Datei gerade nicht speichern." in text
    assert "Kinder malen ein Haus</textarea>" in text
    assert (files(), Picture.objects.count()) == ([], 0)


def test_many_files_in_one_request_are_refused(client, project):
    response = client.post(address(project), {f"f{number}": zoo.upload(b"x") for number in range(9)})
    assert response.status_code == 400
    assert "<h1>Diese Anfrage" in text_of(response)


@zeal_ignore()
def test_words_order_and_end_of_a_picture(client, project, django_capture_on_commit_callbacks):
    first, second = add(project, alt="a"), add(project, alt="b")

    def act(action, row, **words):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address(project), {"action": action, "row": f"picture-{row.pk}", **words})

    assert act("up", second).url.endswith(f"#bild-{second.pk}")
    assert list(project.pictures.values_list("alt", flat=True)) == ["b", "a"]
    changed = {f"picture-{first.pk}-alt": "Neu", f"picture-{first.pk}-credit": "Verein"}
    assert act("describe", first, **changed).status_code == 302
    assert list(project.pictures.values_list("alt", "credit")) == [("b", "Stadt"), ("Neu", "Verein")]
    refused = act("describe", first, **{**changed, f"picture-{first.pk}-alt": ""})
    assert "Bitte beschreiben Sie das Bild." in text_of(refused)
    act("down", second)
    act("delete", first)
    assert list(project.pictures.values_list("alt", flat=True)) == ["b"]
    assert files() == sorted(second.file_names)


@zeal_ignore()
@pytest.mark.parametrize("action", ["describe", "up", "down", "delete"])
def test_rows_of_other_projects_do_not_exist(client, project, action):
    foreign = add(make_project())
    for row in (
        f"picture-{foreign.pk}",
        f"attachment-{foreign.pk}",
        "picture-x",
        "project-1",
        "",
        "picture-" + "9" * 40,
    ):
        assert client.post(address(project), {"action": action, "row": row}).status_code == 404
    assert client.post(address(foreign.project), {"action": action, "row": f"picture-{foreign.pk}"}).status_code == 404
    assert Picture.objects.get().alt == "Ein Haus"


def test_sent_project_refuses_with_a_word(client, project):
    workflow.submit(project, by=None)
    response = send(client, project, zoo.jpeg(), **WORDS)
    assert (response.status_code, response.url) == (302, reverse("projects:task_list", args=[project.pk]))
    assert not Picture.objects.exists()


@zeal_ignore()
def test_ended_session_loses_no_words(client, project):
    row = add(project)
    words = {**WORDS, f"picture-{row.pk}-alt": "Getippt"}
    response = send(Client(), project, zoo.jpeg(), **words)
    assert response.status_code == 302
    token = TypedText.objects.get().token
    assert response.url.endswith(f"next={address(project)}%3Ftext%3D{token}")
    text = text_of(client.get(f"{address(project)}?text={token}"))
    assert "Kinder malen ein Haus</textarea>" in text
    assert "Getippt</textarea>" in text
    assert "nur die Datei müssen Sie noch einmal auswählen" in text
    send(client, project, zoo.jpeg(), **WORDS, text=token)
    assert not TypedText.objects.exists()


@zeal_ignore()
def test_every_form_can_be_sent_where_tokens_are_checked(client, project):
    add(project)
    pictures.add_paper(project, zoo.PDF, title="Konzept")
    page = client.get(address(project)).content.decode()
    assert page.count('<form class="') == page.count('name="csrfmiddlewaretoken"') == 6


@zeal_ignore()
def test_page_takes_as_many_queries_for_eight_pictures_as_for_one(client, project, django_assert_num_queries):
    add(project)
    client.get(address(project))
    with django_assert_num_queries(6):
        client.get(address(project))
    for _number in range(7):
        add(project)
    with django_assert_num_queries(6):
        assert "Wenn Sie eines löschen, ist wieder Platz." in text_of(client.get(address(project)))


# Papers


def test_paper_is_uploaded_and_only_ever_downloaded(client, project):
    assert send_paper(client, project, zoo.PDF, "Konzept „Größe“").status_code == 302
    row = Attachment.objects.get()
    response = client.get(row.address)
    assert content_of(response) == zoo.PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="konzept-groesse.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Konzept „Größe“" in text_of(client.get(address(project)))


@pytest.mark.parametrize(
    ("content", "title", "sentence"),
    [
        (zoo.HTML, "Konzept", "Das ist kein PDF."),
        (zoo.padded(zoo.PDF, 11_000_000), "Konzept", "Diese Datei ist 11,0 MB groß."),
        (zoo.PDF, "", "Bitte geben Sie der Anlage einen Titel."),
    ],
    ids="html large untitled".split(),
)
def test_paper_is_refused_in_words(client, project, content, title, sentence):
    assert sentence in text_of(send_paper(client, project, content, title))
    assert files() == []


# Addresses of files


@zeal_ignore()
def test_published_picture_is_cached_and_asked_for_again_cheaply(project):
    row = add(project)
    publish(project)
    response = Client().get(row.address_in(400))
    assert content_of(response)[8:12] == b"WEBP"
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "public, max-age=86400, immutable"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    again = Client().get(row.address_in(400), headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@zeal_ignore()
def test_picture_of_a_draft_is_nobody_elses_and_in_no_cache(client, project):
    row = add(project)
    assert Client().get(row.address_in(400)).status_code == 404
    response = client.get(row.address_in(400))
    assert content_of(response)[8:12] == b"WEBP"
    assert response["Cache-Control"] == "private, no-store"


@zeal_ignore()
def test_other_widths_and_missing_files_do_not_exist(client, project):
    row = add(project)
    for width in (0, 401, 800, 1600, 10**30):
        assert client.get(f"/medien/bilder/{row.pk}/{width}.webp").status_code == 404
    assert client.get(f"/medien/bilder/{10**30}/400.webp").status_code == 404
    default_storage.delete(row.name_in(400))
    assert client.get(row.address_in(400)).status_code == 404


@zeal_ignore()
def test_nginx_is_told_which_file(client, project, settings):
    settings.ACCEL_PREFIX = "/intern/"
    row = add(project)
    response = client.get(row.address_in(400))
    assert (response["X-Accel-Redirect"], response.content) == (f"/intern/{row.name_in(400)}", b"")
    assert Client().get(row.address_in(400)).status_code == 404


# Pages of the project


def publish(project):
    """As workflow.publish leaves it; of its letters and indexes nothing is needed here."""
    workflow.submit(project, by=None)
    project.refresh_from_db()
    return workflow.publish(project, by=None)


@zeal_ignore()
def test_project_page_shows_pictures_and_papers(project):
    first, second = add(project, zoo.jpeg(1800, 1200), alt="Ein „Haus“"), add(project)
    paper = pictures.add_paper(project, zoo.PDF, title="Konzept")
    publish(project)
    text = text_of(Client().get(project.get_absolute_url()))
    assert f'srcset="{", ".join(f"/medien/bilder/{first.pk}/{w}.webp {w}w" for w in (400, 800, 1600))}"' in text
    assert 'width="1600" height="1067" alt="Ein „Haus“" decoding="async"' in text
    assert f'width="640" height="480" alt="{second.alt}" loading="lazy"' in text
    assert text.count("Bild: Stadt") == 2
    assert f'href="{paper.address}" download>Konzept</a>' in text
    paper_page = Client().get(reverse("projects:council_paper", args=[project.pk, project.slug]))
    assert "<img" not in paper_page.content.decode()
    assert "<img" not in Client().get(reverse("projects:list")).content.decode()


@zeal_ignore()
def test_project_page_without_pictures_has_its_tile_only(project):
    publish(project)
    text = text_of(Client().get(project.get_absolute_url()))
    assert "gallery" not in text
    assert "pictures.css" not in text
    assert "<svg" in text


# clean_media


def clean(*options: str) -> list[str]:
    out = StringIO()
    call_command("clean_media", *options, stdout=out, stderr=out)
    return out.getvalue().splitlines()


def grow_old() -> None:
    for path in Path(default_storage.location).rglob("*.*"):
        os.utime(path, (time.time() - 200_000,) * 2)


@zeal_ignore()
def test_files_without_rows_are_removed_and_missing_ones_are_named(project):
    row, gone = add(project), add(project)
    paper = pictures.add_paper(project, zoo.PDF, title="Konzept")
    (Path(default_storage.location) / "papiere" / ".teil-1").write_bytes(b"half")
    names = sorted(gone.file_names)
    Picture.objects.filter(pk=gone.pk).delete()
    assert clean() == ["6 Dateien, 0 gelöscht, 0 fehlen."]
    grow_old()
    would = [f"würde gelöscht: {name}" for name in ["papiere/.teil-1", *names]]
    assert clean("--dry-run") == [*would, "6 Dateien, 3 zu löschen, 0 fehlen."]
    assert len(files()) == 6
    assert clean()[-1] == "6 Dateien, 3 gelöscht, 0 fehlen."
    assert files() == sorted([*row.file_names, paper.file.name])
    default_storage.delete(paper.file.name)
    assert clean() == [f"fehlt: {paper.file.name} (Anlage {paper.pk})", "2 Dateien, 0 gelöscht, 1 fehlen."]


@zeal_ignore()
def test_files_of_the_last_two_versions_stay(project):
    rows = [add(project) for _number in range(3)]
    for number, row in enumerate(rows, start=1):
        data = {"pictures": [{"file": row.file.name, "width": row.width, "height": row.height}], "attachments": []}
        ProjectVersion.objects.create(project=project, number=number, data=data)
    Picture.objects.all().delete()
    grow_old()
    clean()
    assert files() == sorted([*rows[1].file_names, *rows[2].file_names])
    clean("--also-versions")
    assert files() == []
