"""Tables of projects that an administrator has brought in, and which row of which list became which project."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .project import Project


class SheetImportQuerySet(models.QuerySet):
    def never_applied(self):
        """Files that nobody has applied for so long that nobody will."""
        return self.filter(applied_at=None, created_at__lt=timezone.now() - timedelta(days=self.model.KEPT_DAYS))


class SheetImport(models.Model):
    """A table with the preview of what it would change; once applied, the record of who brought in what and when.

    The file is kept as long as it may be applied, so that exactly what was shown is stored; `fingerprint` is that of
    the preview.
    """

    KEPT_DAYS = 7  # of a file that nobody applies

    source = models.CharField(
        _("Liste"),
        max_length=120,
        help_text=_("Wer die Tabelle führt. Unter demselben Namen erkennen wir Ihre Zeilen beim nächsten Mal wieder."),
    )
    file_name = models.CharField(_("Datei"), max_length=200)
    content = models.BinaryField(_("Inhalt der Datei"), null=True, editable=False)
    digest = models.CharField(_("Prüfsumme der Datei"), max_length=64, editable=False)
    is_submitted = models.BooleanField(_("Gleich bei der Moderation einreichen"), default=False)
    preview = models.JSONField(_("Vorschau"), default=dict, editable=False)
    fingerprint = models.CharField(_("Prüfsumme der Vorschau"), max_length=64, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("Wer")
    )
    created_at = models.DateTimeField(_("Hochgeladen am"), auto_now_add=True)
    applied_at = models.DateTimeField(_("Eingelesen am"), null=True, editable=False)

    objects = SheetImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Einlesen einer Tabelle")
        verbose_name_plural = _("Eingelesene Tabellen")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="sheet_import_keeps_its_file_until_applied",
                condition=models.Q(applied_at__isnull=True, content__isnull=False)
                | models.Q(applied_at__isnull=False, content__isnull=True),
                violation_error_message=_("Die Datei wird aufgehoben, bis sie eingelesen ist, und dann gelöscht."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.file_name}"


class ImportedRow(models.Model):
    """A row of a list, by the key that the list itself has for it, and the project that came of it.

    `cells` are digests of what stood in its cells when it was last brought in, by column: only what the list has
    changed since is taken over again, so that the municipality's own changes stay.
    """

    source = models.CharField(_("Liste"), max_length=120, help_text=_("In kleinen Buchstaben, als Schlüssel."))
    own_key = models.CharField(_("Eigene Kennung"), max_length=100)
    project = models.ForeignKey(Project, models.CASCADE, related_name="imported_rows", verbose_name=_("Projekt"))
    cells = models.JSONField(_("Prüfsummen der Zellen"), default=dict)

    class Meta:
        verbose_name = _("Zeile einer Liste")
        verbose_name_plural = _("Zeilen von Listen")
        ordering = ["source", "own_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "own_key"],
                name="imported_row_once_a_list",
                violation_error_message=_("Diese Kennung gibt es in der Liste schon."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.own_key}"
