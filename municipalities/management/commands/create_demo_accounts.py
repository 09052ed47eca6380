"""Three accounts for trying the portal on one's own computer; the passwords are shown once and stored nowhere."""

import secrets
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q

from municipalities.models import User


class Account(NamedTuple):
    email: str
    role: str
    is_staff: bool = False
    is_superuser: bool = False


ADMINISTRATOR = Account("admin@example.org", "Administration", is_staff=True, is_superuser=True)
MODERATOR = Account("moderation@example.org", "Moderation", is_staff=True)
MEMBER = Account("kommune@example.org", "Kommune")
ACCOUNTS = (ADMINISTRATOR, MODERATOR, MEMBER)
READABLE = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which look alike


def new_password() -> str:
    """Four groups of five: 100 bits that can be typed from a screen."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))


def moderators() -> Group:
    """The group that sees everything of the portal, but no account and no secret."""
    group, _ = Group.objects.get_or_create(name=MODERATOR.role)
    foreign = ("account", "admin", "auth", "contenttypes", "mfa", "sessions", "usersessions")
    accounts = Q(content_type__app_label__in=foreign) | Q(content_type__model="user")
    group.permissions.set(Permission.objects.filter(codename__startswith="view_").exclude(accounts))
    return group


class Command(BaseCommand):
    help = "Legt drei Konten zum Ausprobieren an und zeigt ihre Kennwörter einmal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new-passwords", action="store_true", help="vorhandenen Konten neue Kennwörter geben")

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
        known[MODERATOR.email].groups.add(moderators())
        if shown:
            self.stdout.write("Demo-Konten (die Kennwörter werden nur jetzt gezeigt):\n" + "\n".join(shown))
        else:
            self.stdout.write("Die Demo-Konten gibt es schon. Kennwörter vergessen? make demo-passwords")

    def _create(self, account: Account, password: str) -> User:
        user = User.objects.create_user(
            account.email,
            password,
            last_name=f"Demo {account.role}",
            is_staff=account.is_staff,
            is_superuser=account.is_superuser,
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user
