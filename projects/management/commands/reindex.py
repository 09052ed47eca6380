"""Works the search and the facets out anew; needed after the register or a vocabulary has changed."""

from django.core.management.base import BaseCommand
from django.db import transaction

from projects import facets, search


class Command(BaseCommand):
    help = "Baut Suche und Facetten neu auf, zum Beispiel nach einem neuen Stand des Registers."

    def handle(self, *args, **options):
        with transaction.atomic():
            search.index_all()
            facets.index_all()
        self.stdout.write("Suche und Facetten sind neu aufgebaut.")
