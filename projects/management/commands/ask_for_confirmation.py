"""Asks the municipalities once a year whether their projects still are as described. Meant to run every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from projects import confirmation


class Command(BaseCommand):
    help = "Fragt Kommunen, ob ihre veröffentlichten Projekte noch stimmen."

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        letters = sum(confirmation.ask(project, today) for project in confirmation.due(today))
        self.stdout.write(f"Nachfragen: {letters}")
