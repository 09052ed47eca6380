"""Deletes what is stored about one person (Art. 17 GDPR); log lines stay and point to a nameless account.

Names what is left for somebody to look at: contacts of projects, and notes in the log, which nobody can change.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from municipalities import people
from projects import personal_data


class Command(BaseCommand):
    help = "Löscht, was zu einer E-Mail-Adresse gespeichert ist. Das lässt sich nicht zurücknehmen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="E-Mail-Adresse der Person")
        parser.add_argument("--dry-run", action="store_true", help="nur sagen, was gelöscht würde")

    def handle(self, *args: Any, **options: Any) -> None:
        # Read before: afterwards the account's other addresses are unknown.
        contacts = list(personal_data.contacts_left(options["email"]))
        notes = list(personal_data.notes_left(options["email"]))
        try:
            done = personal_data.erase(options["email"], dry_run=options["dry_run"])
        except people.Refused as refused:
            raise CommandError(str(refused)) from refused
        if not done and not contacts:
            raise CommandError("Zu dieser Adresse ist nichts gespeichert.")
        verb = "zu löschen" if options["dry_run"] else "gelöscht"
        for label, count in done.items():
            self.stdout.write(f"{label}: {count} {verb}")
        for contact in contacts:
            self.stdout.write(f"Bitte von Hand ändern, Projekte brauchen sie: Ansprechstelle {contact.pk}, {contact}")
        for line in notes:
            self.stdout.write(
                f"Bleibt im Protokoll der Personen, Zeile {line.pk} vom {line.at:%d.%m.%Y}: „{line.note}“"
            )
        if notes:
            self.stdout.write(
                "Steht darin etwas, das nicht bleiben darf? Das Vorgehen steht in der README unter Operation."
            )
