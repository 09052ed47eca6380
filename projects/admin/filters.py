"""A filter that has chosen already when nobody has: what waits for the desk."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

ALL = "all"


class StateFilter(admin.SimpleListFilter):
    """Subclasses say the column (`parameter_name`), its `states` as pairs, and which one is the `usual` choice."""

    usual: str

    def states(self, model_admin) -> list:
        raise NotImplementedError

    def lookups(self, request, model_admin):
        return [*self.states(model_admin), (ALL, _("Alle"))]

    def value(self):
        chosen = super().value()
        return chosen if chosen in dict(self.lookup_choices) else self.usual

    def choices(self, changelist):
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() == ALL else queryset.filter(**{self.parameter_name: self.value()})
