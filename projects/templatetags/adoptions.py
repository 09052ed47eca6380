"""The chain of adoptions as inline SVG."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from projects import mosaic
from projects.chains import STONE, Chain, Stone

from .mosaic import _paths, tile_of

register = template.Library()

NUMBER_HEIGHT, FRAMED_HEIGHT = 5, 9  # above the stone, and where it has a frame


@register.simple_tag
def chain_drawing(project: Any, chain: Chain) -> SafeString:
    """Who from whom, from left to right; the numbers are those of the list beside it, which says the same in words."""
    drawing = chain.drawing
    return format_html(
        '<svg class="chain-drawing" width="{0}" height="{1}" viewBox="-5 -4 {0} {1}" role="img" aria-label="{2}">'
        '<path class="chain-drawing__way" d="{3}"/><path class="chain-drawing__arrow" d="{4}"/>{5}</svg>',
        drawing.width + 10,
        drawing.height + 8,
        _("Kette der Nachahmung; sie steht darunter auch als Liste."),
        drawing.lines,
        drawing.arrows,
        format_html_join("", "{}", ((_stone(stone, project),) for stone in drawing.stones)),
    )


def _stone(stone: Stone, project: Any) -> SafeString:
    height = NUMBER_HEIGHT if stone.number else FRAMED_HEIGHT
    number = format_html('<text x="{}" y="-{}">{}</text>', STONE // 2, height, stone.number or _("hier"))
    return format_html(
        '<g class="chain-drawing__stone" transform="translate({} {})">{}{}</g>',
        stone.x,
        stone.y,
        _picture(stone, project),
        number,
    )


def _picture(stone: Stone, project: Any) -> SafeString:
    """The tile of the page's project, the sign of another one, an empty stone for a municipality without one."""
    if stone.kind in ("here", "again"):
        side = STONE + 6
        frame = format_html('<path class="chain-drawing__here" d="M-3 -3h{0}v{0}h-{0}z"/>', side)
        return format_html("{}{}", tile_of(project, STONE), frame)
    if stone.kind == "project":
        motif = mosaic.motif(stone.topic)
        ground = mosaic.Shape(motif.ground, f"M0 0h{mosaic.CELL}v{mosaic.CELL}H0z")
        scale = f"{STONE / mosaic.CELL:.3f}"
        return format_html('<g class="motif" transform="scale({})">{}</g>', scale, _paths((ground, *motif.shapes)))
    return format_html('<path class="chain-drawing__{0}" d="M1 1h{1}v{1}H1z"/>', stone.kind, STONE - 2)
