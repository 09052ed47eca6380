"""Bringing in tables of projects: upload, preview, application. Only administrators; nothing is published by it."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from municipalities.clean_fields import LineField
from projects.forms import CleanForm
from projects.models import SheetImport
from projects.sheet_import import importing, template
from projects.sheet_import.sheets import SheetError

from .rights import DeskAdmin, is_administrator

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHAT_BECOMES = [
    ("no", gettext_lazy("Als Entwürfe ablegen: Die Kommunen ergänzen sie und reichen sie selbst ein.")),
    ("yes", gettext_lazy("Gleich bei der Moderation einreichen: Dafür müssen alle Pflichtangaben da sein.")),
]


class UploadForm(CleanForm, forms.ModelForm):
    """The file, whose list it is, and what becomes of its rows."""

    file = forms.FileField(
        label=gettext_lazy("Tabelle"),
        help_text=gettext_lazy("CSV oder Excel (XLSX), höchstens 10 MB und 1.000 Zeilen."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
        error_messages={
            "required": gettext_lazy("Bitte wählen Sie eine Datei aus."),
            "empty": gettext_lazy("Diese Datei ist leer."),
        },
    )
    is_submitted = forms.TypedChoiceField(
        label=gettext_lazy("Was wird aus den Projekten?"),
        choices=WHAT_BECOMES,
        coerce=lambda chosen: chosen == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    field_order = ["file", "source", "is_submitted"]

    class Meta:
        model = SheetImport
        fields = ["source", "is_submitted"]
        field_classes = {"source": LineField}
        labels = {"source": gettext_lazy("Name der Liste")}
        widgets = {"source": forms.TextInput(attrs={"list": "lists", "autocomplete": "off"})}

    def __init__(self, *args, by=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > importing.DESK.size:
            raise forms.ValidationError(_("Diese Datei ist zu groß. Höchstens 10 MB sind möglich."))
        return upload

    def begin(self) -> SheetImport | None:
        """The kept file with its preview; None, with the reason at the field, where it is no table of projects."""
        upload = self.cleaned_data["file"]
        fields = {name: self.cleaned_data[name] for name in ("source", "is_submitted")}
        try:
            return importing.begin(upload.read(), file_name=upload.name, by=self.by, **fields)
        except SheetError as problem:
            self.add_error("file", str(problem))
            return None


@admin.register(SheetImport)
class SheetImportAdmin(DeskAdmin):
    """What was brought in, by whom and when; and the pages that do it."""

    moderators_see = False
    can_change = can_delete = False
    actions = None
    list_display = ["link", "file_name", "state", "created_at", "by"]
    list_display_links = None
    list_per_page = 50

    def get_urls(self):
        own = path("vorlage/", self.admin_site.admin_view(empty_workbook), name="projects_sheetimport_template")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("by").defer("content")

    def add_view(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return upload(request)

    def change_view(self, request: HttpRequest, object_id: str, *args, **kwargs) -> HttpResponse:
        for_administrators(request)
        return preview(request, self.row_or_404(request, object_id))

    @admin.display(description=gettext_lazy("Liste"), ordering="source")
    def link(self, row: SheetImport) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:projects_sheetimport_change", args=[row.pk]), row.source
        )

    @admin.display(description=gettext_lazy("Stand"), ordering="applied_at")
    def state(self, row: SheetImport) -> str:
        return _("eingelesen") if row.applied_at else _("nur geprüft")


def for_administrators(request: HttpRequest) -> None:
    if not is_administrator(request):
        raise PermissionDenied


@require_safe
def empty_workbook(request: HttpRequest) -> HttpResponse:
    for_administrators(request)
    response = HttpResponse(template.workbook(), content_type=WORKBOOK_TYPE)
    response["Content-Disposition"] = 'attachment; filename="projekte-vorlage.xlsx"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    for_administrators(request)
    form = UploadForm(by=request.user)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, by=request.user)
        if form.is_valid() and (kept := form.begin()):
            return redirect("admin:projects_sheetimport_change", kept.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Tabelle einlesen"),
        "opts": SheetImport._meta,
        "form": form,
        "lists": SheetImport.objects.order_by("source").values_list("source", flat=True).distinct(),
    }
    return render(request, "admin/projects/sheetimport/upload.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, kept: SheetImport) -> HttpResponse:
    if request.method == "POST":
        apply(request, kept)
        return redirect("admin:projects_sheetimport_change", kept.pk)
    context = {
        **admin.site.each_context(request),
        "title": (_("Eingelesen: %(source)s") if kept.applied_at else _("Vorschau: %(source)s"))
        % {"source": kept.source},
        "opts": SheetImport._meta,
        "kept": kept,
        "told": kept.preview,
        "counts": kept.preview["counts"],
        "can_apply": kept.preview["can_apply"] and not kept.applied_at,
    }
    return render(request, "admin/projects/sheetimport/preview.html", context)


def apply(request: HttpRequest, kept: SheetImport) -> None:
    shown = request.POST.get("fingerprint", "")
    if importing.apply(kept.pk, by=request.user, fingerprint=shown):
        counts = kept.preview["counts"]
        number = counts["added"] + counts["changed"]
        said = ngettext("%(n)d Projekt ist eingelesen.", "%(n)d Projekte sind eingelesen.", number)
        messages.success(request, said % {"n": number})
    else:
        said = _("Es wurde nichts eingelesen, weil sich inzwischen etwas geändert hat. Bitte prüfen Sie noch einmal.")
        messages.warning(request, said)
