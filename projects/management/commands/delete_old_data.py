"""Keeps what the privacy statement promises about how long data stay. Meant to run every night."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from projects.retention import RULES


class Command(BaseCommand):
    help = "Löscht, was älter ist, als der Datenschutz verspricht."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="nur sagen, was gelöscht würde")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = "zu löschen" if options["dry_run"] else "gelöscht"
        for rule in RULES:
            rows = rule.rows()
            count = rows.count()
            if not options["dry_run"]:
                rule.apply(rows)
            self.stdout.write(f"{rule.label}: {count} {verb}")
