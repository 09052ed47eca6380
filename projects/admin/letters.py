"""The outbox at the desk: what waits, what was given up, what was sent; nothing is written here but a new attempt."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from projects import outbox
from projects.models import Letter

from .rights import ReadOnlyAdmin


class LetterStateFilter(admin.SimpleListFilter):
    title = _("Stand")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("unsent", _("wartet")), ("dead", _("aufgegeben")), ("sent", _("gesendet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "unsent":
                return queryset.filter(sent_at__isnull=True, given_up_at__isnull=True)
            case "dead":
                return queryset.dead()
            case "sent":
                return queryset.filter(sent_at__isnull=False)
        return queryset


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Only administrators read letters. What is meant for the eyes of its addressee only, not even they."""

    moderators_see = False
    actions = ["send_again"]
    list_display = ["created_at", "subject", "to", "state", "attempts", "last_error"]
    list_display_links = ["created_at", "subject"]
    list_filter = [LetterStateFilter]
    search_fields = ["subject", "to"]
    fields = ["to", "subject", "shown_body", "created_at", "send_after", "attempts", "last_error", "sent_at"]

    @admin.display(description=_("Stand"))
    def state(self, letter: Letter) -> str:
        if letter.sent_at:
            return _("gesendet")
        return _("aufgegeben") if letter.given_up_at else _("wartet")

    @admin.display(description=_("Text"))
    def shown_body(self, letter: Letter) -> str:
        return _("Nur für die Person, an die der Brief geht.") if letter.is_private else letter.body

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self._may_edit(request)

    @admin.action(description=_("Aufgegebene noch einmal senden"), permissions=["retry"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        dead = list(queryset.dead())
        for letter in dead:
            outbox.send_again(letter)
        said = ngettext(
            "%(count)d Brief wird noch einmal gesendet.", "%(count)d Briefe werden noch einmal gesendet.", len(dead)
        )
        self.message_user(request, said % {"count": len(dead)}, messages.SUCCESS if dead else messages.WARNING)
