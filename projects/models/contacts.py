"""Contacts: offices rather than persons, kept in one place and reused by several projects."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ContactLevel(models.TextChoices):
    NONE = "none", _("nichts")
    FUNCTION = "function", _("nur Funktion und Organisation")
    ALL = "all", _("alle Angaben")


class Contact(models.Model):
    """An office that answers questions; `public_level` says how much of it visitors see."""

    function = models.CharField(
        _("Funktion"), max_length=120, help_text=_("Zum Beispiel: Koordinierungsstelle Integration")
    )
    organisation = models.CharField(_("Organisation"), max_length=160)
    municipality = models.ForeignKey(
        "municipalities.Municipality",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("Kommune"),
    )
    email = models.EmailField(_("E-Mail-Adresse"), blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    website = models.URLField(_("Internetseite"), max_length=500, blank=True)
    public_level = models.CharField(
        _("Öffentlich sichtbar"), max_length=10, choices=ContactLevel, default=ContactLevel.FUNCTION
    )

    class Meta:
        verbose_name = _("Ansprechstelle")
        verbose_name_plural = _("Ansprechstellen")
        ordering = ["organisation", "function", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contact_public_level_known",
                condition=Q(public_level__in=ContactLevel.values),
                violation_error_message=_("Diese Stufe der Sichtbarkeit gibt es nicht."),
            ),
            models.CheckConstraint(
                name="contact_reachable",
                condition=~Q(email="", phone="", website=""),
                violation_error_message=_("Geben Sie mindestens E-Mail-Adresse, Telefon oder Internetseite an."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function}, {self.organisation}"

    @property
    def is_public(self) -> bool:
        return self.public_level != ContactLevel.NONE

    @property
    def shows_addresses(self) -> bool:
        return self.public_level == ContactLevel.ALL
