"""Texts that the moderators maintain themselves: text blocks for the desk, and texts on pages."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class TextBlock(models.Model):
    """A common reason for returning a project, ready to be taken over into the letter."""

    title = models.CharField(_("Titel"), max_length=80, unique=True)
    text = models.TextField(_("Text"))
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)

    class Meta:
        verbose_name = _("Textbaustein für Rückgaben")
        verbose_name_plural = _("Textbausteine für Rückgaben")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="text_block_says_something",
                condition=~Q(title="") & ~Q(text=""),
                violation_error_message=_("Ein Textbaustein hat Titel und Text."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class Page(models.TextChoices):
    """Pages on which the moderators can put a text of their own, above what is there anyway; values are URL names."""

    CONTRIBUTE = "contribute", _("Mitmachen")
    EASY_LANGUAGE = "easy_language", _("Leichte Sprache")
    SIGN_LANGUAGE = "sign_language", _("Gebärdensprache")
    FUNDING = "funding", _("Förderung")


class PageTextQuerySet(models.QuerySet):
    def on(self, page: str) -> str:
        """The moderators' own text on this page, in Markdown; empty where there is none."""
        return self.filter(page=page).values_list("text", flat=True).first() or ""


class PageText(models.Model):
    """A text of the moderators on one page, in Markdown."""

    page = models.CharField(_("Seite"), max_length=20, choices=Page, unique=True)
    text = models.TextField(_("Text"))
    changed_at = models.DateTimeField(_("Geändert am"), auto_now=True)

    objects = PageTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("Text auf einer Seite")
        verbose_name_plural = _("Texte auf Seiten")
        ordering = ["page"]
        constraints = [
            models.CheckConstraint(
                name="page_text_page_known",
                condition=Q(page__in=Page.values),
                violation_error_message=_("Diese Seite gibt es nicht."),
            )
        ]

    def __str__(self) -> str:
        return self.get_page_display()

    def get_absolute_url(self) -> str:
        return reverse(f"projects:{self.page}")
