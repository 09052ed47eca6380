"""The picture of a project for messengers and social networks: its tile beside its title, as PNG.

Drawn from the same shapes as the tiles on the pages (mosaic.py). Reads no rows and keeps nothing but the last few.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from io import BytesIO
from operator import itemgetter

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from . import mosaic

WIDTH, HEIGHT = 1200, 630
MARGIN, SIDE = 72, 486  # the tile fills the height but for the margins
COLUMN = 2 * MARGIN + SIDE - 12  # where the text begins
COLUMN_WIDTH = WIDTH - COLUMN - 48
SIZES, LEADING = (54, 48, 43, 38, 34), 1.18
BRAND = "Integrationsmosaik Niedersachsen"
# The glazes of static/css/tokens.css, in daylight; tests compare them.
COLOURS: Mapping[str, str] = {
    "blue": "#1f4481",
    "terracotta": "#b4492a",
    "verdigris": "#27706a",
    "plum": "#66335a",
    "ink": "#1b2036",
    "ochre": "#e0a63a",
    "sand": "#efdfc3",
    "sky": "#c3d9e6",
    "blush": "#f0c9b6",
    "celadon": "#cfe3d2",
}
PAPER, TEXT, MUTED = "#ffffff", "#131525", "#51577a"
# What the typeface can write; titles in other scripts are left out rather than shown as boxes.
WRITABLE = re.compile("[\u0020-\u007e\u00a0-\u017f\u2010-\u201f\u2026\u20ac]*")
FINER = 3  # drawn so many times larger and made smaller again, for smooth edges

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]  # as in SVG: x' = ax + cy + e, y' = bx + dy + f


@lru_cache(maxsize=64)
def of_project(topics: tuple[str, ...], key: object, title: str, place: str) -> bytes:
    """The PNG, 1200 × 630."""
    canvas = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas.paste(tile(mosaic.tile(topics, key), mosaic.TILE, SIDE), (MARGIN, MARGIN))
    pen = ImageDraw.Draw(canvas)
    pen.text((COLUMN, MARGIN - 4), BRAND, font=_font(600, 26), fill=COLOURS["terracotta"])
    if WRITABLE.fullmatch(title):
        size, lines = fitting(title, 360)
        for number, line in enumerate(lines):
            pen.text((COLUMN, MARGIN + 52 + number * size * LEADING), line, font=_font(600, size), fill=TEXT)
    if WRITABLE.fullmatch(place):
        small = _font(400, 28)
        pen.text((COLUMN, HEIGHT - MARGIN - 2), cut(place, small), font=small, fill=MUTED, anchor="ls")
    return as_png(canvas)


def as_png(picture: Image.Image) -> bytes:
    """Few colours, so a palette is enough and a third of the size."""
    buffer = BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def _font(weight: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(settings.BASE_DIR / "static" / "fonts" / f"fira-sans-{weight}.woff2", size)


# --- text -------------------------------------------------------------------------------------------------------------


def fitting(text: str, height: float) -> tuple[int, list[str]]:
    """The largest size in which the text fits, and its lines; in the smallest one, words and the end are cut."""
    for size in SIZES:
        lines, most = [*_lines(text, _font(600, size))], int(height / (size * LEADING))
        if len(lines) <= most and all(_font(600, size).getlength(line) <= COLUMN_WIDTH for line in lines):
            return size, lines
    lines = [*_lines(text, _font(600, SIZES[-1]), split_words=True)]
    return SIZES[-1], [*lines[: most - 1], lines[most - 1] + " …"] if len(lines) > most else lines


def _lines(text: str, font: ImageFont.FreeTypeFont, *, split_words: bool = False) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > COLUMN_WIDTH:
            yield line
            longer = word
        while split_words and font.getlength(longer) > COLUMN_WIDTH:
            beginning = cut(longer, font, "-")
            yield beginning
            longer = longer[len(beginning) - 1 :]
        line = longer
    yield line


def cut(text: str, font: ImageFont.FreeTypeFont, sign: str = "…") -> str:
    """As much of the text as one line holds, with a sign where it ends early."""
    if font.getlength(text) <= COLUMN_WIDTH:
        return text
    end = next(end for end in range(len(text), 0, -1) if font.getlength(text[:end] + sign) <= COLUMN_WIDTH)
    return text[:end] + sign


# --- shapes -----------------------------------------------------------------------------------------------------------


def tile(shapes: Iterable[mosaic.Shape], units: float, side: int, ground: str = PAPER) -> Image.Image:
    """Shapes on a square of `units`, `side` pixels wide."""
    large = Image.new("RGB", (side * FINER, side * FINER), ground)
    scale = side * FINER / units
    for shape in shapes:
        matrix = _combined((scale, 0, 0, scale, 0, 0), transform(shape.transform))
        fill(large, [[_moved(matrix, point) for point in outline] for outline in outlines(shape.d)], shape.colour)
    return large.reduce(FINER)


def fill(canvas: Image.Image, shape: Sequence[Sequence[Point]], colour: str) -> None:
    """Paints the inside of outlines as SVG does: one that lies in another and runs the other way round is a hole."""
    xs, ys = zip(*(point for outline in shape for point in outline), strict=True)
    left, top = math.floor(min(xs)), math.floor(min(ys))
    inside = Image.new("1", (math.ceil(max(xs)) - left + 1, math.ceil(max(ys)) - top + 1), 0)
    pen = ImageDraw.Draw(inside)
    for outline, is_hole in sorted(((outline, _is_hole(outline, shape)) for outline in shape), key=itemgetter(1)):
        pen.polygon([(x - left, y - top) for x, y in outline], fill=int(not is_hole))
    canvas.paste(COLOURS.get(colour, colour), (left, top), inside)


def _is_hole(outline: Sequence[Point], shape: Sequence[Sequence[Point]]) -> bool:
    area = _area(outline)
    around = (other for other in shape if area * _area(other) < 0 and abs(_area(other)) > abs(area))
    return any(_holds(other, outline[0]) for other in around)


def _holds(outline: Sequence[Point], point: Point) -> bool:
    """Whether a ray to the right of the point crosses the outline an odd number of times."""
    x, y = point
    crossed = (
        x1 + (y - y1) * (x2 - x1) / (y2 - y1) > x for (x1, y1), (x2, y2) in _edges(outline) if (y1 > y) != (y2 > y)
    )
    return sum(crossed) % 2 == 1


def _edges(outline: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    return zip(outline, [*outline[1:], outline[0]], strict=True)


def _area(outline: Sequence[Point]) -> float:
    """Twice the area; its sign tells which way round the outline runs."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(outline))


def transform(text: str) -> Matrix:
    """„translate(13 0)scale(2.083)rotate(90 6 6)“ as one matrix."""
    whole: Matrix = (1, 0, 0, 1, 0, 0)
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", text):
        numbers = [float(number) for number in inside.split()]
        if name == "translate":
            step: Matrix = (1, 0, 0, 1, numbers[0], numbers[1])
        elif name == "scale":
            step = (numbers[0], 0, 0, numbers[0], 0, 0)
        else:
            angle, x, y = math.radians(numbers[0]), numbers[1], numbers[2]
            cos, sin = math.cos(angle), math.sin(angle)
            step = (cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)
        whole = _combined(whole, step)
    return whole


def _combined(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f


def _moved(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    x, y = point
    return a * x + c * y + e, b * x + d * y + f


# --- path data --------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[MmLlHhVvAaZz]|-?(?:\d+\.?\d*|\.\d+)")
_TAKES = {"m": 2, "l": 2, "h": 1, "v": 1, "a": 7}


def outlines(d: str) -> list[list[Point]]:
    """SVG path data as closed polygons; knows lines and circular arcs, which is all that the mosaic uses."""
    found: list[list[Point]] = []
    x = y = 0.0
    for command, numbers in _steps(d):
        relative, name = command.islower(), command.lower()
        if name == "z":
            x, y = found[-1][0]
            continue
        ends_x = numbers[-1] if name == "h" else x if name == "v" else numbers[-2]
        ends_y = y if name == "h" else numbers[-1]
        end = (ends_x + x * (relative and name != "v"), ends_y + y * (relative and name != "h"))
        if name == "m":
            found.append([end])
        elif name == "a":
            found[-1] += _arc((x, y), end, numbers[0], bool(numbers[3]), bool(numbers[4]))
        else:
            found[-1].append(end)
        x, y = end
    return found


def _steps(d: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers; numbers that go on after a command repeat it, after a move as lines."""
    tokens = _TOKEN.findall(d)
    command, at = "", 0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
            if command in "Zz":
                yield command, []
                continue
        count = _TAKES[command.lower()]
        yield command, [float(number) for number in tokens[at : at + count]]
        at += count
        command = {"m": "l", "M": "L"}.get(command, command)


def _arc(start: Point, end: Point, radius: float, is_long: bool, clockwise: bool) -> list[Point]:
    """Points of a circular arc after its start; a radius that is too small grows, as SVG wants it."""
    (x1, y1), (x2, y2) = start, end
    chord = math.dist(start, end)
    radius = max(radius, chord / 2)
    height = math.sqrt(max(0.0, radius**2 - (chord / 2) ** 2)) * (1 if is_long != clockwise else -1)
    centre_x = (x1 + x2) / 2 + height * (y2 - y1) / chord * -1
    centre_y = (y1 + y2) / 2 + height * (x2 - x1) / chord
    first, last = math.atan2(y1 - centre_y, x1 - centre_x), math.atan2(y2 - centre_y, x2 - centre_x)
    turn = (last - first) % math.tau if clockwise else -((first - last) % math.tau)
    pieces = max(2, math.ceil(abs(turn) / math.radians(5)))
    angles = (first + turn * piece / pieces for piece in range(1, pieces))
    return [(centre_x + radius * math.cos(angle), centre_y + radius * math.sin(angle)) for angle in angles] + [end]
