"""Files that people and attackers upload, made here so that none of them lies in the repository."""

import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def scene(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Not of one colour, and its left upper quarter is red."""
    picture = Image.linear_gradient("L").resize((width, height)).convert(mode)
    picture.paste("red" if mode != "L" else 76, (0, 0, width // 4, height // 4))
    return picture


def noise(width: int, height: int) -> Image.Image:
    """Hardly compressible."""
    return Image.effect_noise((width, height), 90)


def jpeg(width: int = 640, height: int = 480, **options) -> bytes:
    return saved(scene(width, height), "JPEG", **options)


def png(width: int = 640, height: int = 480, mode: str = "RGB", **options) -> bytes:
    return saved(scene(width, height, mode), "PNG", **options)


def webp(width: int = 640, height: int = 480, **options) -> bytes:
    return saved(scene(width, height), "WEBP", **options)


def gif() -> bytes:
    return saved(scene(), "GIF")


def moving(kind: str) -> bytes:
    return saved(scene(), kind, save_all=True, append_images=[scene().rotate(90), scene().rotate(180)])


def with_gps(orientation: int = 1) -> bytes:
    """A JPEG as a telephone makes it: place, time, device, comment, thumbnail of metadata."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Musterphone"
    exif[ExifTags.Base.DateTime] = "2025:03:04 05:06:07"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (52.0, 22.0, 12.0)}
    )
    return jpeg(exif=exif, comment=b"Erika Muster", xmp=b"<x:xmpmeta>Erika Muster</x:xmpmeta>")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few kilobytes that would fill gigabytes."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A good PNG with a compressed text that would fill two hundred megabytes."""
    good = png()
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    return good[:33] + text + good[33:]


def polyglot() -> bytes:
    """A good JPEG that is a page of HTML as well: in its comment and behind its end."""
    return jpeg(comment=HTML) + HTML


def disguised_html() -> bytes:
    """The first bytes of a JPEG and after them a page."""
    return b"\xff\xd8\xff\xe0" + HTML


def padded(content: bytes, size: int) -> bytes:
    return content + bytes(size - len(content))


def upload(content: bytes, name: str = "foto.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)
