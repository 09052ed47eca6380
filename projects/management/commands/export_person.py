"""Writes everything stored about one person as JSON, for whoever asks what the portal knows (Art. 15 GDPR)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from projects import personal_data


class Command(BaseCommand):
    help = "Gibt alles aus, was zu einer E-Mail-Adresse gespeichert ist, als JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="E-Mail-Adresse der Person")

    def handle(self, *args: Any, **options: Any) -> None:
        found = personal_data.export(options["email"])
        if not found:
            raise CommandError("Zu dieser Adresse ist nichts gespeichert.")
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
