"""Restores a backup into an empty database and an empty folder, and compares both with what was backed up."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integration_portal import backup


class Command(BaseCommand):
    help = "Spielt eine Sicherung in eine leere Datenbank zurück und vergleicht sie."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, metavar="ORDNER", help="die Sicherung, oder ihr Ordner für die neueste"
        )
        parser.add_argument("--verify", action="store_true", help="nur prüfen, ob sie unbeschädigt ist")

    def handle(self, *args: Any, folder: Path, verify: bool, **options: Any) -> None:
        if not (folder / backup.MANIFEST).exists() and (found := backup.complete(folder)):
            folder = next(iter(found))
        try:
            manifest = backup.verify(folder) if verify else backup.restore(folder)
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        rows = sum(count for count, _sum in manifest.tables.values())
        what = f"{rows} Zeilen in {len(manifest.tables)} Tabellen, {len(manifest.media)} Dateien"
        outcome = "ist unbeschädigt" if verify else "ist zurückgespielt, alle Summen sind gleich"
        self.stdout.write(f"{folder.name} vom {manifest.at} {outcome}: {what}.")
