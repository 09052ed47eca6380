"""The register in the admin. Official facts are read-only: they come from `import_municipalities`."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import people_admin
from .indicators import BY_CODE
from .models import Figure, Municipality

__all__ = ["people_admin"]


class MunicipalityForm(forms.ModelForm):
    def clean_successor(self) -> Municipality | None:
        """A closed body ends in another one, however many mergers later; never in itself."""
        successor = self.cleaned_data["successor"]
        step, seen = successor, {self.instance.pk}
        while step:
            if step.pk in seen:
                raise forms.ValidationError(_("Die Nachfolge führt im Kreis zu dieser Kommune zurück."))
            seen.add(step.pk)
            step = step.successor
        return successor


class FigureInline(admin.TabularInline):
    model = Figure
    fields = ["label", "year", "shown_value", "source"]
    readonly_fields = ["label", "shown_value", "source"]
    ordering = ["indicator", "-year"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality")

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.display(description=_("Kennzahl"))
    def label(self, figure: Figure) -> str:
        indicator = BY_CODE.get(figure.indicator)
        return str(indicator.label) if indicator else figure.indicator

    @admin.display(description=_("Wert"))
    def shown_value(self, figure: Figure) -> str:
        indicator = BY_CODE.get(figure.indicator)
        value = f"{figure.value.normalize():f}".replace(".", ",")
        return f"{value}\u00a0{indicator.unit}".strip() if indicator else value

    @admin.display(description=_("Quelle"))
    def source(self, figure: Figure) -> str:
        indicator = BY_CODE.get(figure.indicator)
        return f"{indicator.source} ({indicator.licence})" if indicator else "–"


class ClosedFilter(admin.SimpleListFilter):
    title = _("Bestand")
    parameter_name = "closed"

    def lookups(self, request, model_admin):
        return [("no", _("besteht")), ("yes", _("aufgelöst")), ("open", _("aufgelöst, ohne Nachfolgerin"))]

    def queryset(self, request, queryset):
        match self.value():
            case "no":
                return queryset.existing()
            case "yes":
                return queryset.filter(closed_on__isnull=False)
            case "open":
                return queryset.filter(closed_on__isnull=False, successor__isnull=True)
        return queryset


@admin.register(Municipality)
class MunicipalityAdmin(admin.ModelAdmin):
    form = MunicipalityForm
    list_display = ["display_name", "kind", "county_name", "population", "population_date", "closed_on"]
    list_filter = [ClosedFilter, "kind", "is_town", ("county", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["county"]
    search_fields = ["name", "sort_key", "display_name", "key", "ags", "postal_code"]
    search_help_text = _("Name, Schlüssel oder Postleitzahl")
    raw_id_fields = ["successor"]
    inlines = [FigureInline]
    fieldsets = [
        (None, {"fields": ["display_name", "official_name", "kind", "is_town", "legal_status", "parent", "county"]}),
        (_("Anmerkung und Nachfolge"), {"fields": ["remark", "closed_on", "successor"]}),
        (_("Schlüssel"), {"fields": ["key", "ars", "ags", "nuts3", "keys_date"]}),
        (_("Verwaltung"), {"fields": ["seat", "postal_code", "has_more_postal_codes"]}),
        (
            _("Einwohner und Lage"),
            {
                "fields": [
                    ("population", "population_date"),
                    "area_km2",
                    ("latitude", "longitude", "coordinate_source"),
                    "degree_of_urbanisation",
                    "regional_type",
                    ("abbreviation", "tile_column", "tile_row"),
                ]
            },
        ),
    ]

    @admin.display(description=_("Kreis"), ordering="county__sort_key")
    def county_name(self, body: Municipality) -> str:
        return body.county.display_name if body.county else ""

    def get_readonly_fields(self, request, obj=None):
        """All but the remark, and the successor where there can be one."""
        editable = {"remark"} | ({"successor"} if obj and obj.closed_on else set())
        return [field.name for field in self.opts.concrete_fields if field.name not in editable]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
