"""Asks the addresses on the web that the mosaic names whether they answer. Meant to run every night."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects import links
from projects.link_probe import Prober
from projects.models import LinkCheck


class Command(BaseCommand):
    help = "Prüft, ob die Internetadressen in Projekten, Quellen, Programmen und Ansprechstellen noch erreichbar sind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=1000, help="so viele Adressen höchstens (üblich: 1000)")

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        links.take_stock()
        prober = Prober(agent=f"Integrationsmosaik-Linkpruefung/1.0 (+{settings.SITE_URL}/)")
        try:
            result = links.check_due(prober, limit)
        except links.NoNetworkError:
            raise CommandError("Kein einziger Server war zu erreichen. Nichts davon zählt als Fehler.") from None
        dead = LinkCheck.objects.dead().count()
        self.stdout.write(f"Geprüft: {result.checked}, davon mit Fehler: {result.failed}. Tote Links: {dead}.")
