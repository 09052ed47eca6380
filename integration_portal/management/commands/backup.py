"""Backs up database and uploaded files. Meant to run every night; a failure ends with a non-zero status."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integration_portal import backup


class Command(BaseCommand):
    help = "Sichert Datenbank und hochgeladene Dateien."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.BACKUP_DIR, metavar="ORDNER", help="statt BACKUP_DIR")

    def handle(self, *args: Any, to: Path, **options: Any) -> None:
        try:
            folder = backup.create(to, timezone.now(), settings.BACKUP_KEEP_DAYS)
        except (backup.BackupError, OSError) as error:
            raise CommandError(f"Nichts gesichert: {error}") from None
        manifest = backup.read_manifest(folder)
        rows = sum(count for count, _sum in manifest.tables.values())
        self.stdout.write(
            f"Gesichert nach {folder}: {rows} Zeilen in {len(manifest.tables)} Tabellen "
            f"({manifest.dump[0]} Bytes), {len(manifest.media)} Dateien."
        )
