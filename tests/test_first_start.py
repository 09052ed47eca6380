"""The checklist of the first start (`check --deploy --database default`), and who becomes the first administrator."""

import os
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from integration_portal.first_start import proxy
from municipalities.models import PeopleChange, User
from tests.access_world import moderator, with_second_factor
from tests.factories import make_municipality


def warnings(*databases: str) -> dict[str, str]:
    found = checks.run_checks(include_deployment_checks=True, databases=databases or None)
    return {message.id: message.msg for message in found if message.id.startswith("portal.")}


@pytest.fixture
def backup(settings, tmp_path):
    settings.LAST_BACKUP = tmp_path / "last_backup"
    settings.LAST_BACKUP.touch()
    return settings.LAST_BACKUP


def make_registered(email: str = "leitung@example.net", *, is_confirmed: bool = True) -> User:
    user = User.objects.create_user(email, "ein langes Passwort")
    EmailAddress.objects.create(user=user, email=email, verified=is_confirmed, primary=True)
    return user


@pytest.mark.django_db
def test_fresh_portal_lacks_everything(settings, tmp_path):
    settings.LAST_BACKUP = tmp_path / "none"
    found = warnings("default")
    assert found["portal.W005"] == "Nobody is administrator."
    assert found["portal.W007"] == "The register is empty."
    assert found["portal.W008"] == "There has never been a backup."
    assert "portal.W006" not in found


@pytest.mark.django_db
def test_portal_that_is_ready_is_silent(backup):
    make_municipality()
    person = make_registered()
    call_command("make_administrator", person.email, stdout=StringIO())
    Authenticator.objects.create(user=person, type="totp", data={})
    assert {"portal.W004", "portal.W005", "portal.W006", "portal.W007", "portal.W008"}.isdisjoint(warnings("default"))


@pytest.mark.django_db
def test_people_of_the_desk_without_a_second_factor(backup):
    administrator = make_registered()
    call_command("make_administrator", administrator.email, stdout=StringIO())
    other = moderator("moderation@example.net")
    Authenticator.objects.filter(user=other).delete()
    Authenticator.objects.create(user=other, type="recovery_codes", data={})  # no second factor of its own
    text = warnings("default")["portal.W006"]
    assert text == f"2 people of the desk have no second factor (accounts {administrator.pk}, {other.pk})."
    assert "@" not in text


@pytest.mark.django_db
def test_old_backup(backup):
    for hours, is_old in ((35, False), (37, True)):
        moment = (timezone.now() - timedelta(hours=hours)).timestamp()
        os.utime(backup, (moment, moment))
        assert ("portal.W008" in warnings("default")) is is_old


@pytest.mark.django_db(transaction=True)
def test_database_that_is_away_is_said(backup, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/gibt/es/nicht")
    assert "cannot be asked" in warnings("default")["portal.W004"]
    monkeypatch.undo()
    connection.close()


def test_settings_are_checked_without_a_database():
    assert {"portal.W004", "portal.W008"}.isdisjoint(warnings())


def test_https_needs_a_proxy(settings):
    settings.IS_HTTPS = True
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert [message.id for message in proxy()] == ["portal.W009"]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert proxy() == []


@pytest.mark.django_db
def test_administrator_is_made_of_a_confirmed_account():
    person = make_registered()
    call_command("make_administrator", "Leitung@Example.net", stdout=StringIO())
    person.refresh_from_db()
    assert person.is_superuser
    assert person.is_staff
    assert PeopleChange.objects.filter(person=person, what="administrator").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_confirmed", [None, False])
def test_nobody_else_is_made_administrator(is_confirmed):
    if is_confirmed is not None:
        make_registered(is_confirmed=is_confirmed)
    with pytest.raises(CommandError, match="kein bestätigtes Konto"):
        call_command("make_administrator", "leitung@example.net")
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.django_db
def test_desk_says_when_the_last_backup_was(backup):
    # Not in the `world` of other tests: its transaction ends with this file, but above the connection is closed.
    index, admin, host = "/admin/", Client(), Client()
    admin.force_login(with_second_factor(User.objects.create_superuser("admin@example.org")))
    host.force_login(moderator("moderation@example.org"))
    assert "Letzte Sicherung" in admin.get(index).content.decode()
    assert "zu lange her" not in admin.get(index).content.decode()
    assert "Sicherung" not in host.get(index).content.decode()
    os.utime(backup, (0, 0))
    assert "zu lange her" in admin.get(index).content.decode()
    backup.unlink()
    assert "Noch nie gesichert" in admin.get(index).content.decode()
