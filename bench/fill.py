"""`python -m bench.fill N`: register, vocabularies and N projects in the database of the environment, once."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the apps

from bench import generate  # noqa: E402
from projects.management.commands import import_examples  # noqa: E402
from projects.models import Project  # noqa: E402


def main(amount: int) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable")
    call_command("import_municipalities")
    import_examples.import_vocabulary(import_examples.read(import_examples.DATA / "vocabulary.toml"))
    import_examples.import_programmes(import_examples.read(import_examples.DATA / "funding_programmes.toml"))
    there = Project.objects.count()
    if there == 0:
        generate.fill(amount)
    elif there != amount:
        sys.exit(f"{there} Projekte statt {amount}; die Datenbank ist von einem anderen Lauf.")


main(int(sys.argv[1]))
