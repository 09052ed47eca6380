"""Compiles the catalogues of other languages; with --renew brings them in step with the sources first."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integration_portal import catalogues


class Command(BaseCommand):
    help = "Compiles the catalogues of other languages."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--renew", action="store_true", help="take new messages in, leave out what is gone")

    def handle(self, *args: Any, renew: bool, **options: Any) -> None:
        for language in catalogues.languages() if renew else ():
            catalogues.renew(language)
            self.stdout.write(f"{language}: {len(catalogues.missing(language))} ohne Übersetzung")
        written = catalogues.compile_all()
        self.stdout.write(f"Übersetzt: {', '.join(written) or 'nichts Neues'}")
