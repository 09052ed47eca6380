"""Controlled vocabularies: topics, target groups and categories of obstacles."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.languages import in_english, term


def label_column() -> str:
    """The column that has the labels in the language of the page, or the German ones to look up in a catalogue."""
    return "label_en" if in_english() else "label"


class Term(models.Model):
    """An entry of a vocabulary; `slug` is part of public addresses and never changes."""

    slug = models.SlugField(_("Kurzname"), max_length=40, unique=True)
    label = models.CharField(_("Bezeichnung"), max_length=80, unique=True)
    label_en = models.CharField(_("Bezeichnung (englisch)"), max_length=80)
    description = models.CharField(_("Beschreibung"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The label in the language of the page."""
        return term(self.label, self.label_en)

    @property
    def meaning(self) -> str:
        """The description in the language of the page."""
        return term(self.description)


class Topic(Term):
    class Meta(Term.Meta):
        verbose_name = _("Handlungsfeld")
        verbose_name_plural = _("Handlungsfelder")

    def get_absolute_url(self) -> str:
        return reverse("projects:topic", args=[self.slug])


class TargetGroup(Term):
    class Meta(Term.Meta):
        verbose_name = _("Zielgruppe")
        verbose_name_plural = _("Zielgruppen")


class ObstacleCategory(Term):
    class Meta(Term.Meta):
        verbose_name = _("Art der Hürde")
        verbose_name_plural = _("Arten von Hürden")
