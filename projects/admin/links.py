"""Addresses on the web that no longer answer, or have moved: where each is named, and who has to mend it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from projects import links
from projects.models import LinkCheck, Outcome

from .filters import StateFilter
from .rights import ReadOnlyAdmin


class LinkStateFilter(StateFilter):
    """Without a choice: what is dead."""

    title = _("Stand")
    parameter_name = "state"
    usual = "dead"

    def states(self, model_admin):
        return [
            ("dead", _("tot: an drei verschiedenen Tagen nicht erreicht")),
            ("failing", _("fällt aus, aber noch nicht lange")),
            ("moved", _("zieht um")),
            ("denied", _("lässt Programme nicht zu: bitte selbst ansehen")),
            ("unchecked", _("noch nie geprüft")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "dead":
                return queryset.dead()
            case "failing":
                return queryset.filter(failures__gt=0, failures__lt=LinkCheck.DEAD_AFTER)
            case "moved":
                return queryset.exclude(moved_to="")
            case "denied":
                return queryset.filter(outcome=Outcome.DENIED)
            case "unchecked":
                return queryset.filter(checked_at=None)
        return queryset


@admin.register(LinkCheck)
class LinkCheckAdmin(ReadOnlyAdmin):
    """Only the command check_links writes here; an address is mended where it is named."""

    list_display = ["address", "said", "since", "reached", "named_in"]
    list_display_links = None
    list_filter = [LinkStateFilter]
    list_per_page = 50
    search_fields = ["url"]
    search_help_text = _("Teil der Adresse")

    def get_changelist_instance(self, request: HttpRequest):
        """With the places of all rows of the page at once."""
        changelist = super().get_changelist_instance(request)
        changelist.title = self.opts.verbose_name_plural
        rows = list(changelist.result_list)
        named = links.places(rows)
        for row in rows:
            row.places = named.get(row.url, [])
        changelist.result_list = rows
        return changelist

    @admin.display(description=_("Adresse"), ordering="url")
    def address(self, row: LinkCheck) -> SafeString:
        link = SafeString('<a href="{0}" rel="noopener noreferrer">{0}</a>')
        moved = format_html(link, row.moved_to) if row.moved_to else ""
        new = format_html("<br>{}: {}", _("zieht um nach"), moved) if moved else ""
        return format_html("{}{}", format_html(link, row.url), new)

    @admin.display(description=_("Ergebnis"), ordering="outcome")
    def said(self, row: LinkCheck) -> str:
        text = str(row.get_outcome_display() or _("noch nicht geprüft"))
        if row.status_code and row.outcome != Outcome.OK:
            text += f" ({row.status_code})"
        if row.redirects and row.outcome != Outcome.LOOP:
            more = ngettext("nach einer Umleitung", "nach %(count)s Umleitungen", row.redirects)
            text += ", " + more % {"count": row.redirects}
        return text

    @admin.display(description=_("Fehler seit"), ordering="failing_since")
    def since(self, row: LinkCheck) -> str:
        return date_format(row.failing_since) if row.failing_since else "–"

    @admin.display(description=_("Zuletzt erreicht"), ordering="ok_at")
    def reached(self, row: LinkCheck) -> str:
        return date_format(timezone.localtime(row.ok_at), "DATE_FORMAT") if row.ok_at else _("nie")

    @admin.display(description=_("Steht in"))
    def named_in(self, row: LinkCheck) -> SafeString | str:
        return format_html_join(
            SafeString("<br>"),
            '{}: <a href="{}">{}</a>',
            ((place.kind, place.edit, place.title) for place in row.places),
        )
