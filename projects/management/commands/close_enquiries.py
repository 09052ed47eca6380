"""Ends Gesuche whose time is over, and tells those whose time is over in a week. Meant to run every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from projects import enquiries


class Command(BaseCommand):
    help = "Beendet abgelaufene Gesuche und schreibt eine Woche vorher."

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        self.stdout.write(f"Beendet: {enquiries.close_expired(today)}")
        self.stdout.write(f"Briefe: {enquiries.warn_before_end(today)}")
