"""Uploaded pictures and papers: what is refused in which words, what is kept, what a full disk leaves (S20, F05)."""

import os
import re
import resource
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from zeal import zeal_ignore

from projects import picture_decoder, pictures, workflow
from projects.models import Attachment, Picture, Status
from tests.factories import make_project
from tests.projects import picture_zoo as zoo

pytestmark = pytest.mark.django_db


def refused(content: bytes, **names) -> str:
    """The sentence that this upload is answered with."""
    with pytest.raises(ValidationError) as caught:
        pictures.read_picture(zoo.upload(content, **names))
    return caught.value.messages[0]


def files() -> list[str]:
    """Everything in the storage, also hidden and half files."""
    root = Path(default_storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@zeal_ignore()
def add(project, content: bytes | None = None, alt: str = "Ein Haus", credit: str = "Stadt") -> Picture:
    sizes = pictures.read_picture(zoo.upload(content or zoo.jpeg()))
    return pictures.add_picture(project, sizes, alt=alt, credit=credit)


def opened(size: pictures.Size) -> Image.Image:
    return Image.open(BytesIO(size.content))


# Refused


@pytest.mark.check("S20")
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zoo.SVG, "Das ist eine SVG- oder HTML-Datei und kein Foto."),
        (zoo.HTML, "Das ist eine SVG- oder HTML-Datei und kein Foto."),
        (b"\xef\xbb\xbf\n <svg/>", "Das ist eine SVG- oder HTML-Datei und kein Foto."),
        (zoo.gif(), "Das ist ein GIF."),
        (zoo.HEIC, "Das ist ein HEIC-Bild, wie es iPhones aufnehmen."),
        (zoo.PDF, "Das ist ein PDF. Es gehört weiter unten zu den Anlagen."),
        (b"MZ\x90\x00", "Diese Datei ist kein Bild, das wir lesen können."),
        (zoo.disguised_html(), "Diese Datei ist beschädigt oder unvollständig."),
        (zoo.jpeg()[:4000], "Diese Datei ist beschädigt oder unvollständig."),
        (zoo.png()[:-900], "Diese Datei ist beschädigt oder unvollständig."),
        (zoo.webp()[:-900], "Dieses WebP-Bild ist beschädigt"),
        (zoo.bomb(), "Dieses Bild hat mehr als 40 Megapixel."),
        (zoo.bomb(8200, 5000), "Dieses Bild hat mehr als 40 Megapixel."),
        (zoo.bomb(6000, 6000), "Diese Datei ist beschädigt oder unvollständig."),
        (zoo.text_bomb(), "Diese Datei ist beschädigt oder unvollständig."),
        (zoo.jpeg(150, 600), "Dieses Bild ist zu klein oder zu schmal."),
        (zoo.png(300, 8000), "Dieses Bild ist zu klein oder zu schmal."),
        (zoo.moving("PNG"), "Dieses Bild bewegt sich."),
        (zoo.moving("WEBP"), "Dieses Bild bewegt sich."),
    ],
    ids="svg html bom gif heic pdf exe disguised-html cut-jpeg cut-png cut-webp bomb 41-mpx hollow text-bomb "
    "small narrow moving-png moving-webp".split(),
)
def test_picture_is_refused_with_a_sentence(content, sentence):
    assert refused(content).startswith(sentence)
    assert files() == []


@pytest.mark.check("S20")
def test_eleven_megabytes_are_refused_with_their_size():
    assert refused(zoo.padded(zoo.jpeg(), 11_000_000)) == (
        "Diese Datei ist 11,0 MB groß. Höchstens 10 MB sind möglich. Bitte verkleinern Sie sie."
    )


def test_name_and_type_of_the_browser_decide_nothing():
    assert refused(zoo.SVG, name="foto.jpg", content_type="image/jpeg").startswith("Das ist eine SVG-")
    assert pictures.read_picture(zoo.upload(zoo.png(), name="../../x.svg", content_type="image/svg+xml"))


@pytest.mark.parametrize("make", [zoo.jpeg, zoo.png, zoo.webp])
@given(places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=12))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_spoilt_bytes_give_a_picture_or_a_sentence(make, places):
    content = bytearray(make(320, 240))
    for place, value in places:
        content[int(place * len(content))] = value
    try:
        outcome = opened(pictures.read_picture(zoo.upload(bytes(content)))[-1]).format
    except ValidationError as refusal:
        outcome = refusal.code
    assert outcome in {"WEBP", *pictures.MESSAGES}


# Kept


@pytest.mark.parametrize("make", [zoo.jpeg, zoo.png, zoo.webp])
def test_picture_is_kept_in_three_widths(make):
    sizes = pictures.read_picture(zoo.upload(make(2000, 1500)))
    assert [size[:2] for size in sizes] == [(400, 300), (800, 600), (1600, 1200)]
    assert [(opened(size).format, opened(size).size) for size in sizes] == [("WEBP", size[:2]) for size in sizes]


@pytest.mark.parametrize(
    ("size", "kept"),
    [((640, 480), [400, 640]), ((400, 400), [400]), ((300, 200), [300]), ((3000, 4000), [400, 800, 1600])],
)
def test_small_picture_is_not_enlarged(size, kept):
    assert [found.width for found in pictures.read_picture(zoo.upload(zoo.jpeg(*size)))] == kept


def test_tall_picture_is_bounded_by_its_height():
    assert pictures.read_picture(zoo.upload(zoo.png(1600, 4800)))[-1][:2] == (800, 2400)


@pytest.mark.check("S20")
@pytest.mark.parametrize("content", [zoo.with_gps(), zoo.polyglot()], ids=["gps", "polyglot"])
def test_nothing_but_pixels_is_kept(content):
    for size in pictures.read_picture(zoo.upload(content)):
        picture = opened(size)
        assert not picture.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & picture.info.keys()
        for trace in (b"Erika", b"Musterphone", b"EXIF", b"XMP", b"ICCP", b"<script", b"GPS"):
            assert trace not in size.content


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_is_turned_upright(orientation):
    """The red quarter that lies at the left above is there again, wherever the camera was held."""
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    stored = zoo.scene()
    if orientation > 1:
        stored = stored.transpose(picture_decoder.UPRIGHT[back[orientation]])
    exif = Image.Exif()
    exif[picture_decoder.ORIENTATION] = orientation
    size = pictures.read_picture(zoo.upload(zoo.saved(stored, "JPEG", exif=exif)))[-1]
    assert size[:2] == (640, 480)
    red, green, _blue = opened(size).convert("RGB").getpixel((60, 40))
    assert red > 200
    assert green < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_a_picture(mode):
    picture = zoo.scene().convert("L" if mode == "I;16" else mode if mode != "PA" else "P")
    if mode == "I;16":
        picture = picture.convert("I").point(lambda value: value * 256).convert("I;16")
    content = zoo.saved(picture, "JPEG" if mode == "CMYK" else "PNG", **({"transparency": 0} if mode == "PA" else {}))
    kept = opened(pictures.read_picture(zoo.upload(content))[-1]).convert("L")
    darkest, brightest = kept.getextrema()
    assert darkest < 60
    assert brightest > 190


def test_transparent_picture_lies_on_white():
    clear = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    assert opened(pictures.read_picture(zoo.upload(zoo.saved(clear, "PNG")))[-1]).convert("L").getextrema() == (
        255,
        255,
    )


def decoder_memory(content: bytes, kind: str) -> tuple[bytes, int]:
    """First line of the decoder's answer and its largest resident memory in MB, seen by a process of its own."""
    program = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdin=sys.stdin, capture_output=True)\n"
        "sys.stdout.buffer.write(done.stdout.partition(b'\\n')[0] + b'\\n')\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
    )
    command = [sys.executable, "-c", program, sys.executable, "-I", picture_decoder.__file__, kind]
    first, memory = subprocess.run(command, input=content, capture_output=True, check=True).stdout.splitlines()
    return first, int(memory)


@pytest.mark.check("S20")
@pytest.mark.parametrize(
    ("kind", "options", "is_kept"),
    [
        ("JPEG", {"quality": 30}, True),
        ("JPEG", {"quality": 30, "progressive": True, "subsampling": 0}, True),
        ("PNG", {"compress_level": 1}, True),
        ("WEBP", {"quality": 10, "method": 0}, False),
    ],
    ids=["jpeg", "progressive-jpeg", "png", "webp"],
)
def test_forty_megapixels_stay_below_300_megabytes(kind, options, is_kept):
    picture = Image.linear_gradient("L").resize((7680, 5200)).convert("RGBA" if kind == "PNG" else "RGB")
    answer, memory = decoder_memory(zoo.saved(picture, kind, **options), kind)
    assert memory <= 300
    assert answer.startswith(b'{"files"' if is_kept else b'{"refused"')


# Stored


def test_row_and_files_are_stored_under_random_names():
    row = add(make_project(), zoo.jpeg(1000, 750))
    assert (row.width, row.height, row.position) == (1000, 750, 0)
    assert re.fullmatch(r"projekte/[0-9a-f]{32}-1000\.webp", row.file.name)
    assert files() == sorted(row.file_names)
    assert [name.rpartition("-")[2] for name in row.file_names] == ["400.webp", "800.webp", "1000.webp"]
    for name, width in zip(row.file_names, row.widths, strict=True):
        with default_storage.open(name) as file:
            assert Image.open(file).width == width


def test_ninth_picture_is_refused_and_leaves_nothing():
    project = make_project()
    for _number in range(pictures.MOST_PICTURES):
        add(project)
    before = files()
    with pytest.raises(ValidationError, match="Mehr als acht Bilder"):
        add(project)
    assert (files(), project.pictures.count()) == (before, 8)


@pytest.mark.parametrize("status", [status for status in Status if status not in ("draft", "returned", "merged")])
def test_project_that_is_not_open_takes_no_picture(status):
    fields = {"withdrawn_at": "2025-01-01T00:00Z", "withdrawal_reason": "So"} if status == Status.WITHDRAWN else {}
    project = make_project(status=status, **fields)
    with pytest.raises(ValidationError, match="nicht zum Bearbeiten offen"):
        add(project)
    assert files() == []


@pytest.fixture
def full_disk():
    """No file may grow beyond 3,000 bytes: what is written until then stands there, like on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.check("F05")
def test_full_disk_leaves_no_file_and_no_row(full_disk):
    """F05: the first size fits, the second does not."""
    project = make_project()
    sizes = [pictures.Size(400, 300, bytes(2000)), pictures.Size(800, 600, bytes(5000))]
    with pytest.raises(ValidationError, match="Unser Server kann die Datei gerade nicht speichern"):
        pictures.add_picture(project, sizes, alt="Ein Haus", credit="Stadt")
    with pytest.raises(ValidationError, match="Unser Server kann die Datei gerade nicht speichern"):
        pictures.add_paper(project, bytes(5000), title="Konzept")
    assert files() == []
    assert not Picture.objects.exists()
    assert not Attachment.objects.exists()


def test_folder_that_cannot_be_written_is_answered_alike(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("in the way")
    with pytest.raises(ValidationError, match="Unser Server kann die Datei gerade nicht speichern"):
        add(make_project())


def test_row_that_cannot_be_stored_leaves_no_file():
    project = make_project()
    with pytest.raises(Exception, match="picture_described_and_allowed"):
        add(project, alt="")
    assert files() == []


# Order and end


@zeal_ignore()
def test_pictures_are_moved_and_stop_at_the_ends():
    project = make_project()
    first, second, third = (add(project, alt=name) for name in ("a", "b", "c"))
    steps = [(third, -1, "acb"), (third, -1, "cab"), (third, -1, "cab"), (second, 1, "cab"), (first, 1, "cba")]
    for row, step, expected in steps:
        pictures.move(row, step)
        assert "".join(project.pictures.values_list("alt", flat=True)) == expected


@zeal_ignore()
def test_deleted_picture_leaves_no_file(django_capture_on_commit_callbacks):
    row = add(make_project())
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(row)
    assert files() == []
    assert not Picture.objects.exists()


@zeal_ignore()
def test_files_that_a_working_copy_shares_stay(django_capture_on_commit_callbacks):
    row = add(make_project())
    twin = Picture.objects.get(pk=row.pk)
    twin.pk, twin.project = None, make_project()
    twin.save(force_insert=True)
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(twin)
    assert files() == sorted(row.file_names)
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(row)
    assert files() == []


@zeal_ignore()
def test_sent_project_keeps_its_pictures_as_they_are():
    project = make_project()
    row = add(project)
    workflow.submit(project, by=None)
    row.refresh_from_db()
    for change in (
        lambda: pictures.delete(row),
        lambda: pictures.move(row, 1),
        lambda: pictures.describe(row, alt="x"),
    ):
        with pytest.raises(ValidationError, match="nicht zum Bearbeiten offen"):
            change()
    assert Picture.objects.get().alt == "Ein Haus"


# Papers


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zoo.HTML, "Das ist kein PDF."),
        (zoo.jpeg(), "Das ist kein PDF."),
        (b"\n" + zoo.PDF, "Das ist kein PDF."),
        (zoo.PDF[:-8], "Dieses PDF ist unvollständig."),
        (zoo.padded(zoo.PDF, 11_000_000), "Diese Datei ist 11,0 MB groß."),
    ],
    ids="html jpeg shifted cut large".split(),
)
def test_paper_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(ValidationError) as caught:
        pictures.read_paper(zoo.upload(content, "konzept.pdf", "application/pdf"))
    assert caught.value.messages[0].startswith(sentence)


def test_paper_is_stored_as_it_is():
    row = pictures.add_paper(make_project(), zoo.PDF, title="Konzept für Größeres")
    assert (row.size, row.download_name) == (len(zoo.PDF), "konzept-fuer-groesseres.pdf")
    with default_storage.open(row.file.name) as file:
        assert file.read() == zoo.PDF
    assert os.stat(default_storage.path(row.file.name)).st_mode & 0o777 == 0o644
