"""Disks that are full: of the database (F04) and of the pictures (F05)."""

import contextlib
import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.projects import picture_zoo as zoo

from .house import DOWN, Load, assert_kept, decimal

NO_ROOM = "Unser Server kann die Datei gerade nicht speichern. Bitte versuchen Sie es später noch einmal."
LEFT_BYTES = 60_000  # for the pictures: the small sizes fit, the large one does not


@contextmanager
def full(folder: Path, left: int = 0):
    """Everything that is free on this disk, but for `left` bytes, is taken while the body runs."""
    filler = folder / "filler"
    try:
        with filler.open("wb") as file, contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, free(folder) - left)
        with filler.open("ab") as file, contextlib.suppress(OSError):
            while free(folder) > left:  # the last blocks
                file.write(bytes(4096))
                file.flush()
        yield
    finally:
        filler.unlink()


def free(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize


@pytest.mark.check("F04")
@pytest.mark.usefixtures("small_disks")
def test_database_disk_full(house, record_property):
    load = Load(house, house.drafts(8))
    numbers = list(load.forms)
    for number in numbers[:4]:
        assert load.send(number).status == 302
    page = f"/mitmachen/projekte/{numbers[-1]}/geschichte/"
    # What PostgreSQL has set aside for its log stays: tables cannot grow, which is what a full disk means day to day.
    house.sql("SELECT pg_switch_wal()")
    house.sql("CHECKPOINT")
    form = {**house.form(page), "save": "list"}
    with full(house.state):
        refused = []
        for turn in range(30):  # until the room that tables had left is used up
            text = os.urandom(9_000).hex()
            refused.append(house.ask(page, {**form, "approach": f"{turn} {text}"}))
            if refused[-1].status != 302:
                break
            form = {**house.form(page), "save": "list"}
        for number in numbers[4:6]:
            load.send(number)
        reading = [house.ask(path, cookie="") for path in ("/", "/projekte/", "/kommunen/", "/projekte/?q=sprachkurs")]
    back = house.comes_back(within=5)
    assert refused[-1].says_down, (refused[-1].status, refused[-1].text[-2000:])
    assert {reply.status for reply in reading} == {200}
    assert all(reply.status == 302 or reply.says_down for reply in load.replies)
    assert max(reply.seconds for reply in refused + reading + load.replies) < 6
    kept = house.sql("SELECT approach FROM projects_project WHERE id = %s", numbers[-1])[0][0]
    assert kept.startswith(f"{turn - 1} " if turn else "Alle schicken ab")  # the last that was acknowledged
    assert house.ask(page, {**form, "approach": f"Noch einmal: {text}"}).status == 302
    load.forms.pop(numbers[-1])  # was changed meanwhile, its form is of before
    load.send_the_rest()
    assert_kept(house, load)
    record_property("check", "F04")
    record_property("broken", "Platte der Datenbank (und der Protokolle) bis zum letzten Byte gefüllt")
    record_property(
        "seen",
        f"Lesen geht weiter ({len(reading)} Seiten, alle 200); Speichern antwortet mit der Seite 503 „{DOWN}“; das "
        f"Bestätigte ist da, nichts halb; {decimal(back)} s nach dem Aufräumen geht dasselbe Formular durch",
    )


@pytest.mark.check("F05")
@pytest.mark.usefixtures("small_disks")
def test_media_disk_full(house, record_property):
    (number,) = house.drafts(1)
    page = f"/mitmachen/projekte/{number}/bilder/"
    words = {"action": "add", "alt": "Ein Rauschen", "credit": "Niemand", "rights_confirmed": "on"}
    token = house.form(page)["csrfmiddlewaretoken"]
    picture = zoo.saved(zoo.noise(1600, 1200), "JPEG", quality=80)
    before = files_in(house.media)

    def send():
        file = SimpleUploadedFile("bild.jpg", picture, "image/jpeg")
        return house.ask(page, {**words, "csrfmiddlewaretoken": token, "file": file}, files=True)

    rows = "SELECT count(*) FROM projects_picture WHERE project_id = %s"
    with full(house.media, LEFT_BYTES):
        refused = send()
        assert files_in(house.media) - {"filler"} == before
    assert refused.status == 200
    assert NO_ROOM in refused.text
    assert "Ein Rauschen" in refused.text  # what was typed
    assert house.sql(rows, number) == [(0,)]
    assert send().status == 302
    assert house.sql(rows, number) == [(1,)]
    assert len(files_in(house.media) - before) >= 2
    record_property("check", "F05")
    record_property("broken", "Platte der Bilder voll, während ein Bild hochgeladen wird")
    record_property(
        "seen",
        f"„{NO_ROOM}“; das Getippte steht noch da, keine Zeile, keine angefangene Datei; mit Platz geht dasselbe Bild "
        "durch",
    )


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
