"""Controlled vocabularies: topics, target groups and categories of obstacles."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.languages import in_english, term


def label_column() -> str:
    """The column that has the labels in the language of the page, or the German ones to look up in a catalogue."""
    return "label_en" if in_english() else "label"


class AddressedQuerySet(models.QuerySet):
    def called(self, slug):
        """The one that has this short name or had it before; old links and old data mean it still."""
        return self.filter(Q(slug=slug) | Q(former_slugs__contains=[slug]))


class Addressed(models.Model):
    """What has a short name (`slug`) in public addresses. One that it had before stays its own for ever."""

    former_slugs = ArrayField(
        models.SlugField(max_length=80), verbose_name=_("Frühere Kurznamen"), default=list, blank=True, editable=False
    )

    objects = AddressedQuerySet.as_manager()

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if type(self).objects.called(self.slug).exclude(pk=self.pk).exclude(slug=self.slug).exists():
            said = _("Diesen Kurznamen hatte früher ein anderer Eintrag; alte Links führen dorthin.")
            raise ValidationError({"slug": said})

    def renamed_from(self, slug: str) -> None:
        """Remembers the short name of before; the present one is not among them."""
        known = dict.fromkeys([*self.former_slugs, slug])
        self.former_slugs = [name for name in known if name != self.slug]

    @property
    def first_slug(self) -> str:
        """The short name that it had at first: for what other programs have kept under that name."""
        return next(iter(self.former_slugs), self.slug)


class Term(Addressed):
    """An entry of a vocabulary; `slug` is part of public addresses."""

    slug = models.SlugField(_("Kurzname"), max_length=40, unique=True)
    label = models.CharField(_("Bezeichnung"), max_length=80, unique=True)
    label_en = models.CharField(_("Bezeichnung (englisch)"), max_length=80)
    description = models.CharField(_("Beschreibung"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)

    class Meta(Addressed.Meta):
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
