"""Signing in as events of the log: everything that happened, nothing that was typed."""

import logging

import pytest
from django.urls import reverse

from integration_portal import sign_in_log
from tests.second_factor import totp
from tests.test_accounts import PASSWORD, make_user, sign_in, with_app


@pytest.mark.check("S16")
@pytest.mark.django_db
def test_signing_in_and_out_is_logged_without_what_was_typed(client, caplog, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.ZEAL_ALLOWLIST = [
        {"model": name, "field": "*"} for name in ("account.*", "municipalities.User", "*Session")
    ]
    anna = make_user()
    secret = with_app(anna)
    with caplog.at_level(logging.INFO, logger=sign_in_log.__name__):
        sign_in(client, anna.email, "mein geheimes Wort")
        sign_in(client, anna.email)
        client.post(reverse("mfa_authenticate"), {"code": totp(secret)})
        client.post(reverse("account_logout"))
    lines = [record for record in caplog.records if record.name == sign_in_log.__name__]
    events = [(line.getMessage(), getattr(line, "factor", None), getattr(line, "account", None)) for line in lines]
    assert events == [
        ("password refused", None, None),
        ("factor accepted", "password", anna.pk),
        ("factor accepted", "totp", anna.pk),
        ("signed in", None, anna.pk),
        ("signed out", None, anna.pk),
    ]
    said = "".join(str(vars(line)) for line in lines)
    assert not [secret for secret in (anna.email, PASSWORD, "geheimes") if secret in said]
