"""Pictures and papers: upload → checked, re-encoded, stripped → stored; their order, their end. Knows no request.

Pictures are kept as WebP alone: every browser since 2020 shows it, it is a third smaller than JPEG, and one format
means three files for a picture and a plain <img>.
"""

import json
import logging
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from subprocess import TimeoutExpired
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from . import decoders, picture_decoder
from .models import Attachment, Picture, Project
from .models.status import EDITABLE

logger = logging.getLogger(__name__)

MOST_PICTURES = 8
MOST_PAPERS = 8
PICTURE_FOLDER = "projekte"
PAPER_FOLDER = "papiere"
DECODER_SECONDS = 25  # of waiting, for its turn and for its answer each
# One picture at a time in each worker process: the memory of decoders must not add up.
_decoding = threading.Lock()

# What files begin with; the name and the type that a browser sends decide nothing.
KINDS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}
PDF_START, PDF_END = b"%PDF-", b"%%EOF"
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

MESSAGES = {
    "size": _("Diese Datei ist %(size)s MB groß. Höchstens %(most)s MB sind möglich. Bitte verkleinern Sie sie."),
    "gif": _("Das ist ein GIF. Bitte speichern Sie das Bild als JPEG, PNG oder WebP."),
    "heic": _("Das ist ein HEIC-Bild, wie es iPhones aufnehmen. Bitte speichern Sie es als JPEG."),
    "svg": _("Das ist eine SVG- oder HTML-Datei und kein Foto. Bitte speichern Sie das Bild als JPEG, PNG oder WebP."),
    "pdf": _("Das ist ein PDF. Es gehört weiter unten zu den Anlagen. Hier passt ein JPEG, PNG oder WebP."),
    "kind": _("Diese Datei ist kein Bild, das wir lesen können. Bitte wählen Sie ein JPEG, PNG oder WebP."),
    "pixels": _("Dieses Bild hat mehr als 40 Megapixel. Bitte verkleinern Sie es, zum Beispiel auf 4000 Pixel Breite."),
    "memory": _("Dieses Bild braucht beim Öffnen zu viel Speicher. Bitte verkleinern Sie es auf 4000 Pixel Breite."),
    "webp": _("Dieses WebP-Bild ist beschädigt oder braucht zu viel Speicher. Bitte speichern Sie es als JPEG."),
    "small": _("Dieses Bild ist zu klein oder zu schmal. Es braucht mindestens 200 Pixel Breite und Höhe."),
    "animated": _("Dieses Bild bewegt sich. Bitte wählen Sie ein Standbild."),
    "broken": _("Diese Datei ist beschädigt oder unvollständig. Bitte speichern Sie das Bild neu."),
    "busy": _("Gerade werden viele Bilder bearbeitet. Bitte versuchen Sie es in einer Minute noch einmal."),
    "no_pdf": _("Das ist kein PDF. Anlagen sind nur als PDF möglich."),
    "broken_pdf": _("Dieses PDF ist unvollständig. Bitte speichern Sie es neu."),
    "storage": _("Unser Server kann die Datei gerade nicht speichern. Bitte versuchen Sie es später noch einmal."),
    "closed": _("Dieses Projekt ist gerade nicht zum Bearbeiten offen. Es wurde nichts geändert."),
    "most_pictures": _("Mehr als acht Bilder zeigt ein Projekt nicht. Bitte löschen Sie zuerst ein anderes."),
    "most_papers": _("Mehr als acht Anlagen hat ein Projekt nicht. Bitte löschen Sie zuerst eine andere."),
}  # fmt: skip


class Size(NamedTuple):
    """One size of a picture as it is stored: pixels, and the file."""

    width: int
    height: int
    content: bytes


# --- upload → checked -------------------------------------------------------------------------------------------------


def refusal(code: str, **params: str) -> ValidationError:
    return ValidationError(MESSAGES[code], code=code, params=params)


def check_size(upload: UploadedFile) -> None:
    """Only the size is known of a file that is too large, see BoundedUpload."""
    if upload.size > settings.MAX_UPLOAD_BYTES:
        size = f"{upload.size / 1_000_000:.1f}".replace(".", ",")
        raise refusal("size", size=size, most=str(settings.MAX_UPLOAD_BYTES // 1_000_000))


def kind_of(content: bytes) -> str:
    """JPEG, PNG or WEBP by the first bytes; a ValidationError that names what it is instead."""
    for kind, start in KINDS.items():
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content.startswith((b"GIF87a", b"GIF89a")):
        raise refusal("gif")
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise refusal("heic")
    if content.startswith(PDF_START):
        raise refusal("pdf")
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise refusal("svg")
    raise refusal("kind")


def read_picture(upload: UploadedFile) -> list[Size]:
    """The sizes to be stored of an uploaded picture, upright and without any metadata, the smallest first."""
    check_size(upload)
    content = upload.read()
    kind = kind_of(content)
    if not _decoding.acquire(timeout=DECODER_SECONDS):
        raise refusal("busy")
    try:
        done = decoders.run(picture_decoder, kind, content=content, seconds=DECODER_SECONDS)
    except TimeoutExpired:
        raise refusal("memory") from None
    finally:
        _decoding.release()
    return _sizes(done.stdout, done.returncode)


def _sizes(output: bytes, returncode: int) -> list[Size]:
    """What the decoder wrote, see picture_decoder.main; a decoder that died has met a spoilt or hostile file."""
    head, _newline, content = output.partition(b"\n")
    if returncode or not head:
        logger.warning("The decoder of pictures ended with %s", returncode)
        raise refusal("broken")
    answer = json.loads(head)
    if "refused" in answer:
        raise refusal(answer["refused"])
    sizes, start = [], 0
    for width, height, length in answer["files"]:
        sizes.append(Size(width, height, content[start : start + length]))
        start += length
    return sizes


def read_paper(upload: UploadedFile) -> bytes:
    """The content of an uploaded PDF. It is not cleaned: readers get it as a download only."""
    check_size(upload)
    content = upload.read()
    if not content.startswith(PDF_START):
        raise refusal("no_pdf")
    if PDF_END not in content[-2048:]:
        raise refusal("broken_pdf")
    return content


# --- checked → stored -------------------------------------------------------------------------------------------------


@contextmanager
def _stored(files: Iterable[tuple[str, bytes]]) -> Iterator[None]:
    """All of these files are in the storage while the body runs; none is if anything fails, here or there."""
    names: list[str] = []
    try:
        try:
            for name, content in files:
                names.append(default_storage.save(name, ContentFile(content)))
        except OSError as error:
            logger.exception("An uploaded file cannot be stored")
            raise refusal("storage") from error
        yield
    except BaseException:
        for name in names:
            default_storage.delete(name)
        raise


def _lock(project: Project) -> None:
    """Pictures of one project are changed one after the other, and only while the municipality may edit it."""
    if Project.objects.select_for_update().get(pk=project.pk).status not in EDITABLE:
        raise refusal("closed")


def _next_position(rows, most: int, code: str) -> int:
    if len(rows.all()) >= most:
        raise refusal(code)
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def add_picture(project: Project, sizes: list[Size], *, alt: str, credit: str) -> Picture:
    """Stores a picture whose rights were confirmed, as the project's last; the ValidationError is for the person."""
    token = secrets.token_hex(16)
    files = [(f"{PICTURE_FOLDER}/{token}-{size.width}.webp", size.content) for size in sizes]
    with _stored(files), transaction.atomic():
        _lock(project)
        return Picture.objects.create(
            project=project,
            position=_next_position(project.pictures, MOST_PICTURES, "most_pictures"),
            file=files[-1][0],
            width=sizes[-1].width,
            height=sizes[-1].height,
            alt=alt,
            credit=credit,
            rights_confirmed=True,
        )


def add_paper(project: Project, content: bytes, *, title: str) -> Attachment:
    """Stores a PDF as the project's last; the ValidationError is for the person."""
    name = f"{PAPER_FOLDER}/{secrets.token_hex(16)}.pdf"
    with _stored([(name, content)]), transaction.atomic():
        _lock(project)
        position = _next_position(project.attachments, MOST_PAPERS, "most_papers")
        return Attachment.objects.create(project=project, position=position, title=title, file=name, size=len(content))


# --- order and end ----------------------------------------------------------------------------------------------------


def move(row: Picture | Attachment, step: int) -> None:
    """Swaps the row with its neighbour before (-1) or after (+1) it; at the end of the line nothing happens."""
    with transaction.atomic():
        _lock(row.project)
        model: Any = type(row)
        rows = list(model.objects.filter(project=row.project_id))
        place = rows.index(row) if row in rows else -1
        if place < 0 or not 0 <= place + step < len(rows):
            return
        rows[place], rows[place + step] = rows[place + step], rows[place]
        for position, other in enumerate(rows):
            other.position = position
        model.objects.bulk_update(rows, ["position"])


def delete(row: Picture | Attachment) -> None:
    """Deletes the row, and its files too unless another row has them: a working copy shares its original's."""
    names = files_of(row)
    model, file = type(row), row.file.name
    with transaction.atomic():
        _lock(row.project)
        row.delete()

        def delete_files() -> None:
            if not model.objects.filter(file=file).exists():
                for name in names:
                    default_storage.delete(name)

        transaction.on_commit(delete_files)


def describe(row: Picture | Attachment, **texts: str) -> None:
    """Changes the words beside a picture or paper."""
    with transaction.atomic():
        _lock(row.project)
        type(row).objects.filter(pk=row.pk).update(**texts)


def files_of(row: Picture | Attachment) -> list[str]:
    """Names of all stored files of a row."""
    return row.file_names if isinstance(row, Picture) else [row.file.name]


def are_stored(row: Picture | Attachment) -> bool:
    """Whether all files of the row, which may be one of an earlier version, are still there."""
    return all(default_storage.exists(name) for name in files_of(row))
