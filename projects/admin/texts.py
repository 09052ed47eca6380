"""Texts that the moderators maintain: blocks for returning projects, and texts of their own on public pages."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField
from projects.forms import CleanForm
from projects.models import PageText, TextBlock

from .rights import DeskAdmin


class TextBlockForm(CleanForm, forms.ModelForm):
    class Meta:
        model = TextBlock
        fields = ["title", "text", "position"]
        field_classes = {"title": LineField, "text": ParagraphsField}
        widgets = {"text": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})}
        help_texts = {"text": _("So liest die Kommune ihn in ihrem Brief.")}


@admin.register(TextBlock)
class TextBlockAdmin(DeskAdmin):
    moderators_edit = True
    form = TextBlockForm
    list_display = ["title", "text", "position"]
    search_fields = ["title", "text"]

    def get_actions(self, request: HttpRequest):
        return {}


class PageTextForm(CleanForm, forms.ModelForm):
    class Meta:
        model = PageText
        fields = ["page", "text"]
        field_classes = {"text": ParagraphsField}
        widgets = {"text": forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"})}
        help_texts = {
            "text": _(
                "Steht sofort auf der Seite, über dem festen Text. Eine Leerzeile beginnt einen Absatz, „- “ am Anfang "
                "der Zeile eine Liste; **fett**, *betont*, [Linktext](https://www.example.org)."
            )
        }


@admin.register(PageText)
class PageTextAdmin(DeskAdmin):
    """One text a page; „Auf der Website anzeigen“ shows the page as readers see it."""

    moderators_edit = True
    form = PageTextForm
    fields = ["page", "text"]
    list_display = ["page", "beginning", "changed_at"]

    @admin.display(description=_("Text"))
    def beginning(self, row: PageText) -> str:
        return Truncator(row.text).chars(80)

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        return ["page"] if obj else []

    def view_on_site(self, row: PageText) -> str:
        return row.get_absolute_url()

    def get_actions(self, request: HttpRequest):
        return {}
