"""Keeps what the privacy statement promises: barrier reports go after a year. Meant to run every night."""

from django.core.management.base import BaseCommand

from projects.models import BarrierReport


class Command(BaseCommand):
    help = "Löscht Meldungen von Barrieren, deren Aufbewahrungsfrist abgelaufen ist."

    def handle(self, **options) -> None:
        count, _per_model = BarrierReport.objects.expired().delete()
        self.stdout.write(f"Gelöschte Meldungen: {count}")
