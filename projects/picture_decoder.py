"""A program of its own that turns one uploaded picture into small clean ones: stdin → stdout, see `main`.

Decoders of pictures are large and have flaws; here a flaw meets no secrets, no database and no other request. The
kernel bounds the memory and time of this process. It imports nothing of the portal.
"""

import contextlib
import json
import math
import resource
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

MAX_PIXELS = 40_000_000
WIDTHS = (400, 800, 1600)
BOX = (1600, 2400)  # largest width and height that are kept
SMALLEST_SIDE = 200  # of what is kept
QUALITY = 80
MAX_MEMORY = 270_000_000  # bytes of data; with the program itself less than 300 MB
MAX_SECONDS = 20  # of computing
STRIP_ROWS = 64

# EXIF 2.32, table 4: what brings a picture of this orientation upright
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class RefusedError(Exception):
    """The picture is not taken; the argument is a word that pictures.py has a sentence for."""


def orientation_of(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # a spoilt note beside a good picture
        return 1


def kept_size(width: int, height: int) -> tuple[int, int]:
    """The size that fits into BOX, never enlarged."""
    scale = min(1.0, BOX[0] / width, BOX[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def opened(data: bytes, kind: str) -> Image.Image:
    """The picture, of which nothing but the header has been read."""
    try:
        picture = Image.open(BytesIO(data), formats=[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusedError("pixels") from None
    except OSError:
        # The decoder of WebP takes four bytes for each pixel twice before it tells anything about the picture.
        raise RefusedError("webp" if kind == "WEBP" else "broken") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise RefusedError("pixels")
    # A JPEG of several pictures holds previews, not movement.
    if kind != "JPEG" and getattr(picture, "is_animated", False):
        raise RefusedError("animated")
    return picture


def to_srgb(picture: Image.Image, mode: str) -> Any:
    """A transform from the colours of the picture's profile, or None where there is none that can be used."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return None
    try:
        return ImageCms.buildTransform(BytesIO(profile), ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def flat(strip: Image.Image) -> Image.Image:
    """The same without transparency (on white) and with 8 bits a channel: L, RGB or CMYK."""
    if strip.mode.startswith("I"):
        return strip.point(lambda value: value / 256).convert("L")
    if strip.has_transparency_data:
        with_alpha = strip.convert("RGBA")
        white = Image.new("RGB", strip.size, "white")
        white.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return white
    return strip if strip.mode in ("L", "RGB", "CMYK") else strip.convert("RGB")


def strips(picture: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Parts of the picture from top to bottom, because a converted copy of the whole would double the memory."""
    step = factor * STRIP_ROWS
    for top in range(0, picture.height, step):
        yield top // factor, picture.crop((0, top, picture.width, min(top + step, picture.height)))


def reduced(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """RGB in the colours of the web, made smaller by a whole number but not below `size`."""
    factor = max(1, min(picture.width // size[0], picture.height // size[1]))
    result = Image.new("RGB", (math.ceil(picture.width / factor), math.ceil(picture.height / factor)))
    transform, mode = None, ""
    for top, strip in strips(picture, factor):
        small = flat(strip)
        if small.mode != mode:
            mode = small.mode
            transform = to_srgb(picture, mode)
        small = small.reduce(factor)
        if transform:
            small = ImageCms.applyTransform(small, transform)
        result.paste(small.convert("RGB"), (0, top))
    return result


def rendered(data: bytes, kind: str) -> list[tuple[int, int, bytes]]:
    """Width, height and WebP file of every size that is kept, the smallest first; nothing but pixels is taken over."""
    picture = opened(data, kind)
    upright = UPRIGHT.get(orientation_of(picture))
    is_turned = upright in (
        Image.Transpose.TRANSPOSE,
        Image.Transpose.ROTATE_270,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
    )
    width, height = kept_size(*(picture.size[::-1] if is_turned else picture.size))
    if min(width, height) < SMALLEST_SIDE:
        raise RefusedError("small")
    stored = (height, width) if is_turned else (width, height)
    if kind == "JPEG":
        picture.draft(None, stored)  # decodes a half, a quarter or an eighth at once
    picture.load()
    whole = reduced(picture, stored)
    del picture
    if upright is not None:
        whole = whole.transpose(upright)
    files = []
    for wanted in [*(wanted for wanted in WIDTHS if wanted < width), width]:
        size = (wanted, max(1, round(height * wanted / width)))
        file = BytesIO()
        whole.resize(size, Image.Resampling.LANCZOS).save(file, "WEBP", quality=QUALITY, method=4)
        files.append((*size, file.getvalue()))
    return files


def bound_resources() -> None:
    for what, limit in ((resource.RLIMIT_DATA, MAX_MEMORY), (resource.RLIMIT_CPU, MAX_SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # not every system knows both
            resource.setrlimit(what, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(kind: str) -> None:
    """Reads a picture from stdin; writes a line of JSON and after it the files that the line lists.

    The line is {"files": [[width, height, bytes], …]} or {"refused": word}.
    """
    bound_resources()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    files: list[tuple[int, int, bytes]] = []
    try:
        files = rendered(sys.stdin.buffer.read(), kind)
        answer: dict[str, Any] = {"files": [(width, height, len(file)) for width, height, file in files]}
    except RefusedError as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "memory"}
    except Exception as error:  # decoders raise nearly anything on a spoilt file
        answer = {"refused": "broken", "why": f"{type(error).__name__}: {error}"[:300]}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(file for *_size, file in files))


if __name__ == "__main__":
    main(sys.argv[1])
