"""Geometry of the mosaic: motifs, tiles, money bars, figures and charts as plain data; no markup, no queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2s

CELL = 12
PITCH = CELL + 1
TILE = 3 * CELL + 2


@dataclass(frozen=True)
class Shape:
    """A filled outline in the colour class `colour`; `d` is SVG path data."""

    colour: str
    d: str
    transform: str = ""


@dataclass(frozen=True)
class Motif:
    """The sign of a topic on a square of 12 units."""

    ground: str
    shapes: tuple[Shape, ...]


def _motif(ground: str, **paths: str) -> Motif:
    return Motif(ground, tuple(Shape(colour, d) for colour, d in paths.items()))


MOTIFS = {
    # a gable with a door
    "housing": _motif("sand", terracotta="M1 11V5.5L6 1l5 4.5V11H8V9a2 2 0 0 0-4 0v2z"),
    # two speech bubbles that turn to each other
    "language": _motif("sky", blue="M6 1a5 5 0 0 1 0 10H1V6a5 5 0 0 1 5-5zm0 3a2 2 0 0 0 0 4h2V6a2 2 0 0 0-2-2z"),
    # stairs
    "work_training": _motif("ochre", ink="M0 12V9h3V6h3V3h3V0h3v12z"),
    # an open book
    "school": _motif("verdigris", sand="M1 2l5 2.2v7L1 9z", celadon="M11 2L6 4.2v7L11 9z"),
    # toy blocks: a bridge and a half disc
    "day_care": _motif("blush", plum="M1 11V6h10v5H8a2 2 0 0 0-4 0z", terracotta="M3 5.5a3 3 0 0 1 6 0z"),
    # a plus, never red
    "health": _motif("celadon", verdigris="M4 1h4v3h3v4H8v3H4V8H1V4h3z"),
    # two people who face each other
    "counselling": _motif("sand", plum="M1 1a5 5 0 0 1 0 10z", verdigris="M11 1a5 5 0 0 0 0 10z"),
    # a round table with four seats
    "encounter_neighbourhood": _motif(
        "sky",
        terracotta="M3.5 0h5a2.5 2.5 0 0 1-5 0zM3.5 12a2.5 2.5 0 0 1 5 0z"
        "M0 3.5a2.5 2.5 0 0 1 0 5zM12 3.5a2.5 2.5 0 0 0 0 5z",
        blue="M6 4a2 2 0 0 1 0 4 2 2 0 0 1 0-4z",
    ),
    # a heart
    "volunteering_support": _motif("terracotta", blush="M1 4a2.5 2.5 0 0 1 5 0 2.5 2.5 0 0 1 5 0v1L6 11 1 5z"),
    # the sign of Venus
    "women": _motif(
        "plum",
        blush="M6 .5a3.5 3.5 0 0 1 0 7 3.5 3.5 0 0 1 0-7zm0 2a1.5 1.5 0 0 0 0 3 1.5 1.5 0 0 0 0-3z"
        "M5 7.2h2v1.3h2v1.8H7V12H5v-1.7H3V8.5h2z",
    ),
    # two zigzag bands
    "youth": _motif("ochre", blue="M0 4l3-3 3 3 3-3 3 3v3L9 4 6 7 3 4 0 7zM0 9l3-3 3 3 3-3 3 3v3L9 9l-3 3-3-3-3 3z"),
    # lanes of a running track
    "sport": _motif("verdigris", celadon="M0 0a12 12 0 0 1 12 12H9A9 9 0 0 0 0 3zM0 6a6 6 0 0 1 6 6H3a3 3 0 0 0-3-3z"),
    # the eight-pointed star of many tile makers
    "culture": _motif(
        "blue",
        ochre="M6 0l1.76 1.76h2.48v2.48L12 6l-1.76 1.76v2.48H7.76L6 12l-1.76-1.76H1.76V7.76L0 6l1.76-1.76V1.76h2.48z"
        "m0 4a2 2 0 0 0 0 4 2 2 0 0 0 0-4z",
    ),
    # three raised hands
    "participation": _motif(
        "sand", ink="M.5 12V5.5a1.5 1.5 0 0 1 3 0V12zM4.5 12V2.5a1.5 1.5 0 0 1 3 0V12zM8.5 12V4a1.5 1.5 0 0 1 3 0v8z"
    ),
    # a net of squares
    "coordination": _motif("sky", ink="M4 0h4v4H4zM0 4h4v4H0zM8 4h4v4H8zM4 8h4v4H4z"),
}
PLAIN = _motif("sky", blue="M0 0h12L0 12z")

# Small stones without a topic: plain, quarter disc, triangle, half disc, disc, half.
_FILLERS = (
    "",
    "M0 0h12a12 12 0 0 1-12 12z",
    "M0 0h12L0 12z",
    "M0 6a6 6 0 0 1 12 0z",
    "M6 3a3 3 0 0 1 0 6 3 3 0 0 1 0-6z",
    "M0 0h12v6H0z",
)


class _Dice:
    """Reproducible choices from a key: the same key always gives the same row of numbers."""

    def __init__(self, key: object) -> None:
        self._number = int.from_bytes(blake2s(str(key).encode()).digest())

    def roll(self, sides: int) -> int:
        self._number, result = divmod(self._number, sides)
        return result


def motif(slug: str) -> Motif:
    """The sign of a topic; a plain one for topics that got none yet."""
    return MOTIFS.get(slug, PLAIN)


def _small_stones(topics: Sequence[str], own: Sequence[str], dice: _Dice) -> list[Motif]:
    """Five small stones: the motifs in `topics`, spread out, and fillers in the colours of all the project's motifs."""
    colours = [(m.ground, s.colour) for m in map(motif, own) for s in m.shapes[:1]]
    pairs = colours + [(figure, ground) for ground, figure in colours]
    stones = []
    for place in range(5):
        wanted = {0: 0, 2: 1, 3: 2}.get(place, len(topics))
        if wanted < len(topics):
            stones.append(motif(topics[wanted]))
            continue
        ground, figure = pairs[dice.roll(len(pairs))]
        d, turn = _FILLERS[dice.roll(len(_FILLERS))], dice.roll(4) * 90
        shapes = (Shape(figure, d, f"rotate({turn} 6 6)" if turn else ""),) if d else ()
        stones.append(Motif(ground, shapes))
    shift = dice.roll(5)
    return stones[shift:] + stones[:shift]


def tile(topics: tuple[str, ...], key: object) -> tuple[Shape, ...]:
    """The tile of a project on a square of 38 units: one large stone and five small ones, all from its topics.

    The key decides which topic is large, in which corner, and how the rest is laid.
    """
    own = topics[:4] or ("",)
    dice = _Dice(key)
    large = dice.roll(len(own))
    left, top = dice.roll(2), dice.roll(2)
    small = _small_stones([slug for place, slug in enumerate(own) if place != large], own, dice)
    places = [(x, y) for y in range(3) for x in range(3) if not (left <= x <= left + 1 and top <= y <= top + 1)]
    grounds: dict[str, str] = {}
    shapes: list[Shape] = []

    def lay(stone: Motif, column: int, row: int, side: int) -> None:
        x, y = column * PITCH, row * PITCH
        grounds[stone.ground] = grounds.get(stone.ground, "") + f"M{x} {y}h{side}v{side}h-{side}z"
        move = f"translate({x} {y})" if x or y else ""
        scale = "" if side == CELL else f"scale({side / CELL:.3f})"
        shapes.extend(Shape(s.colour, s.d, move + scale + s.transform) for s in stone.shapes)

    lay(motif(own[large]), left, top, 2 * CELL + 1)
    for stone, (column, row) in zip(small, places, strict=True):
        lay(stone, column, row, CELL)
    return (*(Shape(colour, d) for colour, d in grounds.items()), *shapes)


@dataclass(frozen=True)
class MoneyStone:
    """One stone of a money bar; `x` and `width` are per cent of the bar."""

    number: int
    x: float
    width: float
    permanence: str


MINIMAL_SHARE = 7.0


def is_comparable(amounts: Sequence[Decimal | None], per_year: Sequence[bool]) -> bool:
    """Amounts may be drawn to scale when all are known, all mean the same period and their sum is not zero."""
    return all(amount is not None for amount in amounts) and len(set(per_year)) <= 1 and any(amounts)


def shares(amounts: Sequence[Decimal | None]) -> list[float]:
    """Per cent of each amount, never narrower than a stone that can carry its number; equal where amounts are None."""
    if not amounts:
        return []
    if any(amount is None for amount in amounts):
        return [100 / len(amounts)] * len(amounts)
    total = float(sum(amount for amount in amounts if amount is not None))
    smallest = min(MINIMAL_SHARE, 100 / len(amounts))
    raised = [max(smallest, 100 * float(amount or 0) / total) for amount in amounts]
    return [share * 100 / sum(raised) for share in raised]


def money_stones(permanences: Sequence[str], amounts: Sequence[Decimal | None]) -> list[MoneyStone]:
    """Stones in the order of the money rows; pass None for every amount where widths must be equal."""
    stones, x = [], 0.0
    for number, (permanence, share) in enumerate(zip(permanences, shares(amounts), strict=True), start=1):
        stones.append(MoneyStone(number, round(x, 2), round(share, 2), permanence or "unknown"))
        x += share
    return stones


SIGN = 20
SIGN_PITCH = 26
SIGNS_IN_A_ROW = 10


@dataclass(frozen=True)
class Sign:
    """One square or dot; `width` is smaller than SIGN for the part of a post at the end."""

    x: int
    y: int
    width: float = SIGN

    @property
    def centre(self) -> int:
        return self.x + SIGN // 2

    @property
    def middle(self) -> int:
        return self.y + SIGN // 2


@dataclass(frozen=True)
class Crowd:
    """Signs in rows of ten; one stands for `each` posts or people."""

    signs: tuple[Sign, ...]
    each: int

    @property
    def width(self) -> int:
        return min(len(self.signs), SIGNS_IN_A_ROW) * SIGN_PITCH

    @property
    def height(self) -> int:
        return -(-len(self.signs) // SIGNS_IN_A_ROW) * SIGN_PITCH


def crowd(number: Decimal | float | None, most: int = 40) -> Crowd | None:
    """Signs for a number of posts or people, at most `most`; None where the number is unknown."""
    if number is None:
        return None
    each = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10**12) if number <= step * most)
    full, rest = divmod(float(number) / each, 1)
    widths = [float(SIGN)] * int(full) + ([max(2.0, round(SIGN * rest, 1))] if rest > 0.01 else [])
    signs = (
        Sign(place % SIGNS_IN_A_ROW * SIGN_PITCH, place // SIGNS_IN_A_ROW * SIGN_PITCH, width)
        for place, width in enumerate(widths)
    )
    return Crowd(tuple(signs), each)


@dataclass(frozen=True)
class Field:
    """A field of small stones, the first `marked` of them marked; one stands for `each`."""

    stones: tuple[tuple[int, int, bool], ...]
    width: int
    height: int
    each: int


def field(marked: float, total: float, columns: int = 18, most: int = 108) -> Field:
    """`total` small stones (x, y, is marked) in rows, scaled down in round steps when they are too many."""
    each = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10**12) if total <= step * most)
    count = max(1, round(total / each)) if total else 0
    share = max(1, round(marked / each)) if marked else 0
    stones = tuple((place % columns * 12, place // columns * 12, place < share) for place in range(count))
    return Field(stones, min(count, columns) * 12, -(-count // columns) * 12, each)


@dataclass(frozen=True)
class Mark:
    """A point of a chart; `anchor` is the side on which its label is aligned, `foot` the height of its date."""

    x: float
    y: float
    anchor: str
    foot: int
    is_labelled: bool = True

    @property
    def left(self) -> float:
        return round(self.x - 4, 1)

    @property
    def top(self) -> float:
        return round(self.y - 4, 1)

    @property
    def above(self) -> float:
        return round(self.y - 11, 1)


@dataclass(frozen=True)
class Chart:
    """A line chart; `line` and `area` are SVG path data, `base` the height of the zero line."""

    width: int
    height: int
    base: float
    line: str
    area: str
    marks: tuple[Mark, ...]


LABEL_WIDTH = 76


def _labelled(xs: Sequence[float]) -> set[int]:
    """Places whose labels fit: the first, the last, and those between that keep their distance."""
    chosen = {0, len(xs) - 1}
    reached = xs[0] + LABEL_WIDTH / 2
    for place, x in enumerate(xs[1:-1], start=1):
        if x - reached >= LABEL_WIDTH / 2 and xs[-1] - x >= LABEL_WIDTH:
            chosen.add(place)
            reached = x + LABEL_WIDTH / 2
    return chosen


def chart(points: Iterable[tuple[date, Decimal]], width: int = 320, height: int = 168) -> Chart | None:
    """A series over time, drawn from zero and true to the distance of its dates; None below two dates."""
    series = sorted(points)
    if len(series) < 2 or series[0][0] == series[-1][0]:
        return None
    left, right, top, bottom = 5, width - 5, 32, height - 26
    first, last = series[0][0].toordinal(), series[-1][0].toordinal()
    lowest = min(0.0, *(float(value) for _, value in series))
    highest = max(0.0, *(float(value) for _, value in series))
    extent = (highest - lowest) or 1.0
    xs = [round(left + (right - left) * (on.toordinal() - first) / (last - first), 1) for on, _ in series]
    ys = [round(bottom - (bottom - top) * (float(value) - lowest) / extent, 1) for _, value in series]
    labelled = _labelled(xs)
    anchors = ["start", *["middle"] * (len(series) - 2), "end"]
    marks = tuple(
        Mark(x, y, anchor, height - 6, place in labelled)
        for place, (x, y, anchor) in enumerate(zip(xs, ys, anchors, strict=True))
    )
    line = "M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True))
    base = round(bottom + (bottom - top) * lowest / extent, 1)
    return Chart(width, height, base, line, f"{line}V{base}H{xs[0]}z", marks)


def intensity(count: int) -> int:
    """Step of colour for a number of projects on the map: 0, 1, 2–3, 4 and more."""
    return 0 if count < 1 else 1 if count == 1 else 2 if count < 4 else 3
