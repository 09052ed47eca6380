"""The register's own import, and after it everything that projects keep of the register."""

from django.db import transaction

from municipalities.management.commands.import_municipalities import Command as RegisterImport
from municipalities.profiles import register_state
from projects import facets, search


class Command(RegisterImport):
    """Takes the place of the command of the same name: `projects` comes first in INSTALLED_APPS.

    The register knows nothing of projects, but its bodies are found, counted and compared there. The raised version of
    the index tells every process to read names, places and profiles anew.
    """

    def handle(self, *args, **options) -> None:
        with transaction.atomic():
            before = register_state()
            super().handle(*args, **options)
            if register_state() != before:
                search.index_all()
                facets.index_all()
