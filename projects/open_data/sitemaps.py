"""Which public pages there are and when they last changed, as sitemaps (https://www.sitemaps.org/protocol.html).

Written line by line from rows that are read in batches: 100,000 projects cost no more memory than one hundred.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from xml.sax.saxutils import escape

from django.db.models import Max
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone

from municipalities.models import Municipality
from projects import funded
from projects.facets import FacetIndex
from projects.models import Enquiry, FundingProgramme, FundingSource, Project, SharedObstacle, Status

MOST = 50_000  # addresses that one sitemap may have
BATCH = 2000
PAGES = (
    "home list topics municipalities funding funding_check insights financing staffing obstacles ended adopted "
    "white_spots enquiries contribute data_sources codebook api easy_language sign_language accessibility imprint "
    "privacy report_barrier help help_reading help_submitting help_moderating"
).split()
KEY_LENGTHS = (5, 9, 12)  # of a county, a Samtgemeinde, a municipality; each is the beginning of the next

Entry = tuple[str, date | None]  # path, and the day or moment of its last change where that is known
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def index_of(index: FacetIndex, base_url: str, changed_at: datetime | None) -> Iterator[str]:
    """The list of all sitemaps. Projects are split by their number, so that each stays in its sitemap."""
    yield f'{HEAD}<sitemapindex xmlns="{NAMESPACE}">\n'
    yield _element("sitemap", base_url + reverse("projects:sitemap_pages"), changed_at)
    yield _element("sitemap", base_url + reverse("projects:sitemap_municipalities"), changed_at)
    for part in parts(index):
        yield _element("sitemap", base_url + reverse("projects:sitemap_projects", args=[part]), changed_at)
    yield "</sitemapindex>\n"


def parts(index: FacetIndex) -> range:
    """The numbers of the sitemaps of projects."""
    everything = index.everything
    return range(1, -(-everything.max() // MOST) + 1) if everything else range(0)


def urls(entries: Iterable[Entry], base_url: str) -> Iterator[str]:
    """One sitemap."""
    yield f'{HEAD}<urlset xmlns="{NAMESPACE}">\n'
    for path, changed in entries:
        yield _element("url", base_url + path, changed)
    yield "</urlset>\n"


def _element(name: str, address: str, changed: date | None) -> str:
    when = changed.isoformat(timespec="seconds") if isinstance(changed, datetime) else changed and changed.isoformat()
    lastmod = f"<lastmod>{when}</lastmod>" if when else ""
    return f"<{name}><loc>{escape(address)}</loc>{lastmod}</{name}>\n"


def pages(index: FacetIndex) -> Iterator[Entry]:
    """The fixed pages; topics, obstacles of the register, open enquiries, programmes and sources of money."""
    yield from ((reverse(f"projects:{name}"), None) for name in PAGES)
    changes = Project.topics.through.objects.filter(project__status=Status.PUBLISHED).values("topic__slug")
    for row in changes.annotate(at=Max("project__changed_at")).order_by("topic__slug"):
        yield reverse("projects:topic", args=[row["topic__slug"]]), row["at"]
    for entry in SharedObstacle.objects.filter(merged_into=None).order_by("pk").only("title", "changed_at"):
        yield entry.get_absolute_url(), entry.changed_at
    for enquiry in Enquiry.objects.published(timezone.localdate()).order_by("pk").only("title", "published_at"):
        yield enquiry.get_absolute_url(), enquiry.published_at
    for slug, checked_on in FundingProgramme.objects.order_by("slug").values_list("slug", "checked_on"):
        yield reverse("projects:funding_programme", args=[slug]), checked_on
    for source in FundingSource.objects.filter(pk__in=funded.payers(index, "source")).only("name"):
        yield source.get_absolute_url(), None


def municipalities() -> Iterator[Entry]:
    """Every existing body; its page changes with the projects of the body and of its members."""
    changed: dict[str, datetime] = {}
    led = Project.objects.published().order_by().values_list("lead__key").annotate(at=Max(_CHANGE))
    for key, at in led:
        for beginning in {key[:length] for length in KEY_LENGTHS}:
            changed[beginning] = max(at, changed.get(beginning, at))
    for body in Municipality.objects.existing().order_by("key").only("key", "display_name"):
        yield body.get_absolute_url(), changed.get(body.key)


_CHANGE = Greatest("changed_at", "published_at")


def projects(index: FacetIndex, part: int) -> Iterator[Entry]:
    """The published projects with the numbers of this part."""
    first = (part - 1) * MOST + 1
    numbers = (number for number in index.everything if first <= number < first + MOST)
    while batch := [*islice(numbers, BATCH)]:
        rows = Project.objects.published().number_in(batch).order_by("publication_number")
        for project in rows.annotate(at=_CHANGE).only("title"):
            yield project.get_absolute_url(), project.at
