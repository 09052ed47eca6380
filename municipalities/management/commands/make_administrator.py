"""Makes somebody who has registered an administrator: how the first one comes to be. Nobody types a password here."""

from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError, CommandParser

from municipalities import people


class Command(BaseCommand):
    help = "Gibt einem bestätigten Konto die Rechte der Administration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="E-MAIL")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        address = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
        if address is None:
            raise CommandError(
                f"Zu {email} gibt es kein bestätigtes Konto. "
                "Bitte zuerst im Portal registrieren und den Link im Brief öffnen."
            )
        try:
            people.set_administrator(address.user, True, by=None)
        except people.Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{email} ist Administration. Beim nächsten Anmelden wird der zweite Faktor eingerichtet.")
