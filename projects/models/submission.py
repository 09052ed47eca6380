"""What happens around a project before and between publications: typed text, consents, versions, approvals, papers."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from municipalities.models import Host, title_slug

from .project import Project


class TypedText(models.Model):
    """What a person has typed into one part of a project and not yet saved; kept as it was sent, valid or not.

    `data` is a list of [name, value] pairs of the form. Rows without a user come from ended sessions and are claimed by
    their token.
    """

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="typed_texts")
    part = models.CharField(max_length=20)
    data = models.JSONField(default=list)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("Getippter Text")
        verbose_name_plural = _("Getippte Texte")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "part"],
                condition=Q(user__isnull=False),
                nulls_distinct=False,
                name="typed_text_once_a_part",
            )
        ]

    def __str__(self) -> str:
        return f"{self.part} ({self.saved_at})"


class Consent(models.Model):
    """What a person agreed to when sending a project, in the words that stood there; never changed, never deleted."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="consents", verbose_name=_("Projekt"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Wer"))
    at = models.DateTimeField(_("Wann"), auto_now_add=True)
    wording = models.TextField(_("Wortlaut"))

    class Meta:
        verbose_name = _("Einwilligung")
        verbose_name_plural = _("Einwilligungen")
        ordering = ["project", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.project}: {self.at}"


class ProjectVersion(models.Model):
    """The record as it was published, whole (see snapshot.py); never changed, never deleted."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="versions", verbose_name=_("Projekt"))
    number = models.PositiveIntegerField(_("Fassung"))
    data = models.JSONField(_("Inhalt"))
    published_at = models.DateTimeField(_("Veröffentlicht am"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("Freigegeben von")
    )

    class Meta:
        verbose_name = _("Fassung")
        verbose_name_plural = _("Fassungen")
        ordering = ["project", "-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="project_version_number_unique")]

    def __str__(self) -> str:
        return f"{self.project} ({self.number})"


class Approval(models.Model):
    """One host's yes to a submitted project where both keys are needed, with its note of dissent if there is one."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="approvals", verbose_name=_("Projekt"))
    host = models.CharField(_("Verband"), max_length=20, choices=Host)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Wer"))
    at = models.DateTimeField(_("Wann"), auto_now_add=True)
    dissent = models.TextField(_("Abweichende Meinung"), blank=True, max_length=2000)
    is_dissent_public = models.BooleanField(_("Abweichende Meinung gezeichnet veröffentlichen"), default=False)

    class Meta:
        verbose_name = _("Freigabe")
        verbose_name_plural = _("Freigaben")
        ordering = ["project", "at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "host"], name="approval_once_a_host"),
            models.CheckConstraint(
                name="approval_host_known",
                condition=Q(host__in=Host.values),
                violation_error_message=_("Diesen Verband gibt es nicht."),
            ),
            models.CheckConstraint(
                name="approval_public_dissent_has_text",
                condition=Q(is_dissent_public=False) | ~Q(dissent=""),
                violation_error_message=_("Veröffentlicht wird nur eine Meinung, die auch dasteht."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_host_display()}: {self.project}"


class Attachment(models.Model):
    """A PDF that belongs to a project; always offered as a download."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="attachments", verbose_name=_("Projekt"))
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)
    title = models.CharField(_("Titel"), max_length=160)
    file = models.FileField(_("Datei"), upload_to="papiere/", max_length=200)
    size = models.PositiveIntegerField(_("Größe in Byte"), editable=False)

    class Meta:
        verbose_name = _("Anlage")
        verbose_name_plural = _("Anlagen")
        ordering = ["project", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="attachment_titled",
                condition=~Q(title=""),
                violation_error_message=_("Die Anlage braucht einen Titel."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address(self) -> str:
        return reverse("projects:attachment", args=[self.pk])

    @property
    def download_name(self) -> str:
        return f"{title_slug(self.title, 'anlage')}.pdf"
