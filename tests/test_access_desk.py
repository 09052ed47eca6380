"""Every address of the desk and of one's own account is closed to whoever has no business there (S01, S02)."""

import pytest
from django.urls import get_resolver, reverse

from tests.test_access import named_addresses

NAMES = sorted(named_addresses(get_resolver().url_patterns))
DESK = [name for name in NAMES if name.startswith("admin:") and name not in ("admin:login", "admin:logout")]
# Of the account pages, those for people who are not signed in.
OUTSIDE = (
    "account_login account_logout account_signup account_inactive account_email_verification_sent "
    "account_confirm_email account_reset_password account_reset_password_done account_reset_password_from_key "
    "account_reset_password_from_key_done mfa_login_webauthn"
).split()
INSIDE = [name for name in NAMES if name.startswith(("account_", "mfa_", "usersessions_")) and name not in OUTSIDE]


def address_of(name: str) -> str:
    """The address with something in the place of each of its arguments."""
    resolver = get_resolver()
    if name.startswith("admin:"):
        resolver = resolver.namespace_dict["admin"][1]
    (_pattern, arguments), *_others = resolver.reverse_dict.getlist(name.removeprefix("admin:"))[0][0]
    values = {"app_label": "projects", "content_type_id": 1, "url": "x/"}
    return reverse(name, kwargs={argument: values.get(argument, 1) for argument in arguments})


def answers(client, names: list[str], expected: tuple[int, ...], leads_to: tuple[str, ...]) -> dict[str, str]:
    """What is wrong: name and method of each address that answers with anything but refusing or asking to sign in."""
    wrong = {}
    for name in names:
        for method in ("get", "post"):
            response = getattr(client, method)(address_of(name))
            location = response.headers.get("Location", "")
            if response.status_code not in expected or (location and not location.startswith(leads_to)):
                wrong[f"{method} {name}"] = f"{response.status_code} {location}"
    return wrong


@pytest.mark.check("S01", "S02")
@pytest.mark.parametrize("visitor", ["anonymous", "stranger", "author"])
def test_desk_is_closed_to_others(world, visitor):
    assert len(DESK) > 50
    assert answers(world.clients[visitor], DESK, (302, 403, 404, 405), ("/admin/login/", "/konto/")) == {}


@pytest.mark.check("S01", "S02")
def test_account_is_closed_without_signing_in(world):
    assert len(INSIDE) > 10
    assert answers(world.clients["anonymous"], INSIDE, (302, 401, 404, 405), ("/konto/anmelden/",)) == {}
