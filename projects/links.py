"""Which addresses on the web the mosaic names, what is known of each, and where it is named.

Nothing here connects to anything. The command check_links does, with a prober that it hands over; pages only read what
it has written down.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from . import story, submission
from .models import (
    Contact,
    ContactLevel,
    FundingProgramme,
    FundingSource,
    LinkCheck,
    Outcome,
    ProgrammeReference,
    Project,
    Reference,
    Status,
)
from .models.links import NO_FAILURE

LONGEST = LinkCheck._meta.get_field("url").max_length
# By the part of the submission in which they are written.
TEXTS = {"story": (*story.STORY_FIELDS, "editorial_note"), "transfer": ("prerequisites", "help_offered")}
MOST_FAILED_HOSTS = 3  # in a row at the beginning; if nobody answers at all, the fault is on this side


class NoNetworkError(Exception):
    """Nothing at all could be reached, so nothing was written down."""


@dataclass(frozen=True)
class Answer:
    """What came of asking. `moved_to` is where permanent redirects, and only such, led to a page that answers."""

    outcome: Outcome
    status: int | None = None
    redirects: int = 0
    moved_to: str = ""

    @property
    def is_ok(self) -> bool:
        return self.outcome == Outcome.OK


class Probes(Protocol):
    """Asks; link_probe.py has the one that goes out into the world."""

    def probe(self, url: str) -> Answer: ...


# --- which there are --------------------------------------------------------------------------------------------------


def rows_with_addresses() -> Iterator[tuple[QuerySet[Any], str]]:
    """Every column that holds an address which readers, or all at the desk, see; drafts are nobody else's business."""
    yield Reference.objects.filter(project__status=Status.PUBLISHED), "url"
    yield ProgrammeReference.objects.all(), "url"
    yield FundingSource.objects.all(), "website"
    yield Contact.objects.filter(public_level=ContactLevel.ALL, projects__status=Status.PUBLISHED), "website"


def addresses_in_texts(project: Project) -> dict[str, set[str]]:
    """Where the links of the texts lead, by part."""
    found: dict[str, set[str]] = {}
    for part, names in TEXTS.items():
        texts = (getattr(project, name) for name in names)
        found[part] = {address for text in texts if "](" in text for address in story.addresses(text)}
    return found


def in_use() -> dict[str, list[int]]:
    """Every address that is to be checked, with the numbers of the published projects whose texts name it."""
    found: dict[str, list[int]] = {}
    for rows, field in rows_with_addresses():
        for address in rows.exclude(**{field: ""}).order_by().values_list(field, flat=True).iterator():
            found.setdefault(address, [])
    columns = chain.from_iterable(TEXTS.values())
    for project in Project.objects.published().order_by("pk").only(*columns).iterator(chunk_size=500):
        for address in set().union(*addresses_in_texts(project).values()):
            found.setdefault(address, []).append(project.pk)
    return {address: projects for address, projects in found.items() if len(address) <= LONGEST}


def take_stock() -> None:
    """New addresses get a row; those that nobody names any more lose theirs."""
    wanted = in_use()
    with transaction.atomic():
        known = {row.url: row for row in LinkCheck.objects.order_by()}
        LinkCheck.objects.filter(url__in=known.keys() - wanted.keys()).delete()
        new = [LinkCheck(url=url, in_texts=projects) for url, projects in wanted.items() if url not in known]
        LinkCheck.objects.bulk_create(new, batch_size=1000)
        changed = [row for url, row in known.items() if url in wanted and row.in_texts != wanted[url]]
        for row in changed:
            row.in_texts = wanted[row.url]
        LinkCheck.objects.bulk_update(changed, ["in_texts"], batch_size=1000)


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What a run has done."""

    checked: int = 0
    failed: int = 0


def check_due(prober: Probes, limit: int, now: datetime | None = None) -> Result:
    """Asks for what is due, and writes down each answer when it comes: a run that is stopped has not been in vain.

    Until somebody answers, failures wait in memory; if several hosts fail and none answers, none of it counts.
    """
    result, waiting, reached = Result(), [], False
    known: dict[str, Answer] = {}
    for row in taking_turns(LinkCheck.objects.due(now or timezone.now())[:limit]):
        page = row.url.partition("#")[0]  # places on one page are asked for once
        answer = known[page] = known.get(page) or prober.probe(row.url)
        waiting.append((row, answer))
        reached = reached or answer.status is not None
        if reached:
            for each in waiting:
                record(*each, now or timezone.now())
            waiting = []
        result.checked += 1
        result.failed += answer.outcome not in NO_FAILURE
    if len({host_of(row) for row, _answer in waiting}) >= MOST_FAILED_HOSTS:
        raise NoNetworkError
    for each in waiting:
        record(*each, now or timezone.now())
    return result


def taking_turns(rows: Iterable[LinkCheck]) -> Iterator[LinkCheck]:
    """One address of each host, then the next of each: so the pause between two of one host costs little."""
    by_host: defaultdict[str, list[LinkCheck]] = defaultdict(list)
    for row in rows:
        by_host[host_of(row)].append(row)
    return (row for row in chain.from_iterable(zip_longest(*by_host.values())) if row)


def host_of(row: LinkCheck) -> str:
    """As it stands in the address; empty where that is none."""
    try:
        return urlsplit(row.url).netloc.lower()
    except ValueError:
        return ""


def record(row: LinkCheck, answer: Answer, now: datetime) -> None:
    """Two failures on one day are one."""
    today = timezone.localdate(now)
    row.checked_at, row.outcome, row.status_code = now, answer.outcome, answer.status
    row.redirects, row.moved_to = answer.redirects, answer.moved_to if len(answer.moved_to) <= LONGEST else ""
    if answer.is_ok:
        row.ok_at = now
    if answer.outcome in NO_FAILURE:
        row.failures, row.failing_since, row.failed_on = 0, None, None
    elif row.failed_on != today:
        row.failures, row.failing_since, row.failed_on = row.failures + 1, row.failing_since or today, today
    row.save()


# --- where they are named ---------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Something that names an address; `edit` is where the desk deals with it."""

    kind: str | Promise
    title: str
    edit: str


def places(rows: Collection[LinkCheck]) -> Mapping[str, list[Place]]:
    """By address, in five queries."""
    urls = [row.url for row in rows]
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for reference in Reference.objects.filter(url__in=urls, project__status=Status.PUBLISHED).select_related("project"):
        found[reference.url].append(_of_project(reference.project))
    for reference in ProgrammeReference.objects.filter(url__in=urls).select_related("programme"):
        found[reference.url].append(_place(reference.programme, reference.programme.name))
    for model in (FundingSource, Contact):
        for each in model.objects.filter(website__in=urls):
            found[each.website].append(_place(each, str(each)))
    numbers = {number for row in rows for number in row.in_texts}
    projects = {project.pk: project for project in Project.objects.published().filter(pk__in=numbers).only("title")}
    for row in rows:
        found[row.url] += [_of_project(projects[number]) for number in row.in_texts if number in projects]
    return {url: list(dict.fromkeys(named)) for url, named in found.items()}


def _of_project(project: Project) -> Place:
    return Place(_("Projekt"), project.title, reverse("admin:projects_project_review", args=[project.pk]))


def _place(row: FundingProgramme | FundingSource | Contact, title: str) -> Place:
    address = reverse(f"admin:projects_{row._meta.model_name}_change", args=[row.pk])
    return Place(row._meta.verbose_name, title, address)


class DeadLink(NamedTuple):
    """A dead link of one project, and the part of the submission in which it stands."""

    check: LinkCheck
    part: submission.Part
    number: int | None = None


def dead_in(project: Project) -> list[DeadLink]:
    """What a municipality should mend: of its sources, its texts and its contact. As it is now, not as it was checked.

    Needs `references` and `contact` of the project; one query, none where it names no address.
    """
    named = [(reference.url, "evidence", reference.number) for reference in project.references.all()]
    for part, addresses in addresses_in_texts(project).items():
        named += [(address, part, None) for address in sorted(addresses)]
    if project.contact and project.contact.public_level == ContactLevel.ALL:
        named.append((project.contact.website, "contact", None))
    dead = {row.url: row for row in LinkCheck.objects.dead().filter(url__in={url for url, *_rest in named if url})}
    return [DeadLink(dead[url], submission.BY_NAME[part], number) for url, part, number in named if url in dead]
