"""Cards of projects as lists show them, kept as HTML for one version of the index.

Lists of the same projects differ in two places of a card: its text (the summary, or the passage with what was searched)
and the facts that say why it is here. The card is kept around these two, and they are kept by what was asked.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from django.template.defaultfilters import truncatechars
from django.template.loader import get_template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from municipalities.similarity import Match

from . import text_versions
from .filter_parts import FoundPage
from .fragments import SLOT, Shelf
from .insights.cost_per_person import CostPerPerson
from .models import Project

SUMMARY = 200  # characters


class Card(NamedTuple):
    """The pieces of a card around its text and its facts, and the text that it has where nothing was searched."""

    before: str
    between: str
    after: str
    summary: str


class Reason(NamedTuple):
    """Why a project is in a list: the passage with what was searched, and facts; each may be empty."""

    passage: str = ""
    facts: str = ""


_cards: Shelf[Card] = Shelf(4096)  # about a kilobyte each
_reasons: Shelf[Reason] = Shelf(4096)
_plain: Shelf[SafeString] = Shelf(1024)


def cards_of(page: FoundPage) -> list[SafeString]:
    """The cards of a page in order; only projects of which something is not kept are read, in one query."""
    version, asked = page.filterset.index.version, _asked(page)
    cards = dict(zip(page.numbers, _cards.get_all((version, number) for number in page.numbers), strict=True))
    reasons: dict[int, Reason | None] = dict.fromkeys(page.numbers, Reason())
    if any(asked):
        kept = _reasons.get_all((version, number, *asked) for number in page.numbers)
        reasons = dict(zip(page.numbers, kept, strict=True))
    missing = [number for number in page.numbers if not cards[number] or reasons[number] is None]
    for project in page.filterset.projects_with(missing) if missing else ():
        number = project.publication_number
        cards[number] = _cards.put(_card(project), version, number)
        reasons[number] = _reasons.put(_reason(project), version, number, *asked) if any(asked) else Reason()
    return [_joined(card, reasons[number] or Reason()) for number, card in cards.items() if card]


def plain_cards(version: int, numbers: Sequence[int]) -> list[SafeString]:
    """Cards of these projects without a reason and a box to tick; those that are not kept are read in one query."""
    cards = dict(zip(numbers, _plain.get_all((version, number) for number in numbers), strict=True))
    if missing := [number for number, card in cards.items() if card is None]:
        projects = list(Project.objects.number_in(missing).for_listing())
        text_versions.tell_heads(projects)
        for project in projects:
            card = get_template("projects/_project_card.html").render({"project": project, "heading": "h3"})
            cards[project.publication_number] = _plain.put(SafeString(card), version, project.publication_number)
    return [card for card in cards.values() if card]


def _asked(page: FoundPage) -> tuple[Hashable, ...]:
    """Everything that decides why a project is in this list."""
    filterset = page.filterset
    like = (filterset.like.body.key, filterset.like.weights) if filterset.like else None
    return filterset.q if filterset.search_hits else "", like, filterset.sort == "cost_per_person"


def _card(project: Project) -> Card:
    context = {"project": project, "heading": "h3", "passage": SLOT, "facts": SLOT, "box": True}
    before, between, after = get_template("projects/_project_card.html").render(context).split(SLOT)
    return Card(before, between, after, conditional_escape(truncatechars(project.summary, SUMMARY)))


def _reason(project: Project) -> Reason:
    return Reason(project.passage, facts_of(project, project.match, project.cost_per_person))


def facts_of(project: Project, match: Match | None = None, cost: CostPerPerson | None = None) -> SafeString:
    """What a card says about likeness and cost, each if it is asked for."""
    context = {"lead": project.lead, "match": match, "cost": cost}
    return SafeString(get_template("projects/_card_facts.html").render(context))


def _joined(card: Card, reason: Reason) -> SafeString:
    text = reason.passage or card.summary
    return mark_safe(card.before + text + card.between + reason.facts + card.after)  # noqa: S308 - all escaped before
