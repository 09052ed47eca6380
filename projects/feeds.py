"""A selection of projects as Atom (RFC 4287): the newest first, each under a name that its title does not change."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _

from .filters import ProjectFilter
from .models import Project

MOST = 30
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


class MosaicFeed(Atom1Feed):
    """With the licence as a link (RFC 4946) and the moment at which the selection last changed."""

    def latest_post_date(self) -> datetime:
        return self.feed["changed_at"]

    def add_root_elements(self, handler) -> None:
        super().add_root_elements(handler)
        handler.addQuickElement("link", "", {"rel": "license", "href": LICENCE})

    def add_item_elements(self, handler, item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("link", "", {"rel": "license", "href": LICENCE})


def atom(filterset: ProjectFilter, *, page: str, here: str, changed_at: datetime) -> str:
    """The feed of a selection; `page` is its list, `here` the feed's own address."""
    chosen = ", ".join(str(chip.label) for chip in filterset.chips)
    feed = MosaicFeed(
        title=_("Integrationsmosaik: %(selection)s") % {"selection": chosen or _("neue Projekte")},
        subtitle=_("Neue Projekte niedersächsischer Kommunen, die neuesten zuerst"),
        link=page,
        feed_url=here,
        feed_guid=here,
        description=None,
        language="de",
        author_name="Integrationsmosaik Niedersachsen",
        author_link=settings.SITE_URL + "/",
        feed_copyright="CC BY 4.0",
        changed_at=changed_at,
    )
    for project in newest(filterset):
        place = project.lead.display_name
        if project.lead.county:
            place += f", {project.lead.county.display_name}"
        feed.add_item(
            title=project.title,
            link=settings.SITE_URL + project.get_absolute_url(),
            description=escape(project.summary),  # a summary of a feed is HTML
            unique_id=settings.SITE_URL + reverse("projects:detail_without_slug", args=[project.pk]),
            author_name=place,
            pubdate=project.published_at,
            updateddate=max(project.changed_at, project.published_at),
            categories=project.topic_labels,
            item_copyright=project.get_licence_display(),
        )
    return feed.writeString("utf-8")


def newest(filterset: ProjectFilter) -> list[Project]:
    """The projects of the selection that were published last, whatever its own order is."""
    numbers = filterset.result.page("newest", (), 1, MOST)
    return list(filterset.queryset.number_in(numbers).for_listing().order_by("-publication_number"))
