"""Writes to subscribers what is new in their selections. Meant to run every morning; running it again sends nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from projects import subscriptions


class Command(BaseCommand):
    help = "Schreibt Abonnentinnen und Abonnenten, was in ihrer Auswahl neu ist."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Briefe zu Abonnements: {subscriptions.send_due(timezone.localdate())}")
