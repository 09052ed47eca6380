"""Who may do what at the desk: follows from memberships (access.py), never from permissions that are set by hand."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

from municipalities.clean_fields import CLEANED
from projects import access


def is_at_desk(request: HttpRequest) -> bool:
    """Moderators and administrators; asked for many times while one page is made, so it is kept with the request."""
    if not hasattr(request, "_is_at_desk"):
        request._is_at_desk = access.can_moderate(request.user)  # type: ignore[attr-defined]
    return request._is_at_desk  # type: ignore[attr-defined]


def is_administrator(request: HttpRequest) -> bool:
    return access.is_administrator(request.user)


class Rights:
    """For model admins and their inlines. Everybody at the desk sees; who may do more, a subclass says."""

    moderators_see = True
    moderators_edit = False
    can_add = can_change = can_delete = True
    formfield_overrides = CLEANED

    def _may_see(self, request: HttpRequest) -> bool:
        return is_at_desk(request) if self.moderators_see else is_administrator(request)

    def _may_edit(self, request: HttpRequest) -> bool:
        return is_at_desk(request) if self.moderators_edit else is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may_see(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_see(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_add and self._may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_change and self._may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and self._may_edit(request)


class DeskAdmin(Rights, admin.ModelAdmin):
    """A table of the desk."""

    show_facets = admin.ShowFacets.NEVER

    def row_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row of an address of the admin, whatever stands there instead of a number."""
        if (row := self.get_object(request, object_id)) is None:
            raise Http404
        return row


class ReadOnlyAdmin(DeskAdmin):
    """A table that is only read."""

    can_add = can_change = can_delete = False
    actions = None
