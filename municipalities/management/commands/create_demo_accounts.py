"""Three accounts for trying the portal on one's own computer; the passwords are shown once and stored nowhere."""

import secrets
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from municipalities import people
from municipalities.models import Host, Membership, Municipality, Role, User


class Account(NamedTuple):
    email: str
    role: str


ADMINISTRATOR = Account("admin@example.org", "Administration")
MODERATOR = Account("moderation@example.org", "Moderation")
MEMBER = Account("kommune@example.org", "Kommune")
ACCOUNTS = (ADMINISTRATOR, MODERATOR, MEMBER)
MUNICIPALITY = "034545407"  # Samtgemeinde Sögel
READABLE = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which look alike


def new_password() -> str:
    """Four groups of five: 100 bits that can be typed from a screen."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))


class Command(BaseCommand):
    help = "Legt drei Konten zum Ausprobieren an und zeigt ihre Passwörter einmal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new-passwords", action="store_true", help="vorhandenen Konten neue Passwörter geben")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if urlsplit(settings.SITE_URL).hostname not in ("127.0.0.1", "localhost"):
            raise CommandError("Demo-Konten gibt es nur auf dem eigenen Rechner, nie unter öffentlicher Adresse.")
        known = {user.email: user for user in User.objects.filter(email__in=[account.email for account in ACCOUNTS])}
        shown = []
        for account in ACCOUNTS:
            user, password = known.get(account.email), new_password()
            if user is None:
                known[account.email] = self._create(account, password)
            elif options["new_passwords"]:
                user.set_password(password)
                user.save(update_fields=["password"])
            else:
                continue
            shown.append(f"  {account.role:<16}{account.email:<26}{password}")
        self._ensure_rights({account: known[account.email] for account in ACCOUNTS})
        if shown:
            self.stdout.write("Demo-Konten (die Passwörter werden nur jetzt gezeigt):\n" + "\n".join(shown))
        else:
            self.stdout.write("Die Demo-Konten gibt es schon. Passwörter vergessen? make demo-passwords")

    def _create(self, account: Account, password: str) -> User:
        user = User.objects.create_user(account.email, password, first_name="Demo", last_name=account.role)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def _ensure_rights(self, users: dict[Account, User]) -> None:
        """What each of them may do, given as everybody's rights are."""
        people.set_administrator(users[ADMINISTRATOR], True, by=None)
        if not Membership.objects.open().filter(user=users[MODERATOR]).exists():
            people.grant(people.ask(users[MODERATOR], host=Host.NST), by=None)
        body = Municipality.objects.existing().filter(key=MUNICIPALITY).first()
        if body and not Membership.objects.open().filter(user=users[MEMBER]).exists():
            people.grant(people.ask(users[MEMBER], municipality=body), by=None, role=Role.COORDINATOR)
