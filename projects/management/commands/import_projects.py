"""Brings in a table of projects (CSV or XLSX), as the page at the desk does, for files that are too large for it."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from projects.sheet_import import importing
from projects.sheet_import.sheets import SheetError


class Command(BaseCommand):
    help = "Liest eine Tabelle von Projekten ein (CSV oder XLSX): alle Zeilen oder keine, nichts wird veröffentlicht."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="die Tabelle")
        parser.add_argument(
            "--source", required=True, help="Name der Liste; an ihm erkennt das Portal ihre Zeilen wieder"
        )
        parser.add_argument("--submit", action="store_true", help="gleich bei der Moderation einreichen")
        parser.add_argument("--dry-run", action="store_true", help="nur sagen, was geschehen würde")

    def handle(self, *args, file: Path, source: str, submit: bool, dry_run: bool, **options):
        try:
            content = file.read_bytes()
            told = importing.bring_in(
                content, file_name=file.name, source=source, is_submitted=submit, is_kept=not dry_run
            )
        except OSError as error:
            raise CommandError(f"{file} ist nicht lesbar: {error.strerror}") from error
        except SheetError as problem:
            raise CommandError(str(problem)) from None
        for problem in told.problems:
            cell = f"{problem['letters']}{problem['line']}"
            self.stderr.write(
                f"{cell} {problem['column']}: {problem['message']} (dort steht: {problem['value'] or '–'})"
            )
        for title in told.unknown:
            self.stderr.write(f"Unbekannte Spalte, nicht gelesen: {title}")
        if told.problems:
            raise CommandError(f"{len(told.problems)} Zellen stimmen noch nicht. Es wurde nichts eingelesen.")
        self.stdout.write(
            f"{len(told.added)} neu, {len(told.changed)} geändert, {told.unchanged} unverändert"
            + (" (nur geprüft)." if dry_run else ".")
        )
