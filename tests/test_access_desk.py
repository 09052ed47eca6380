"""Every address of the desk and of one's own account is closed to whoever has no business there (S01, S02)."""

import pytest
from django.urls import get_resolver, reverse

from tests.test_access import named_addresses, world  # noqa: F401 - a fixture

NAMES = sorted(named_addresses(get_resolver().url_patterns))
DESK = [name for name in NAMES if name.startswith("admin:") and name not in ("admin:login", "admin:logout")]
# Of the account pages, those for people who are not signed in.
OUTSIDE = {
    *(
        "account_login",
        "account_signup",
        "account_inactive",
        "account_email_verification_sent",
        "account_confirm_email",
    ),
    *("account_reset_password", "account_reset_password_done", "account_reset_password_from_key"),
    *("account_reset_password_from_key_done", "mfa_login_webauthn", "account_logout"),
}
INSIDE = [name for name in NAMES if name.startswith(("account_", "mfa_", "usersessions_")) and name not in OUTSIDE]


def address_of(name: str) -> str:
    """The address with something in the place of each of its arguments."""
    resolver = get_resolver()
    if name.startswith("admin:"):
        resolver = resolver.namespace_dict["admin"][1]
    (_pattern, arguments), *_others = resolver.reverse_dict.getlist(name.removeprefix("admin:"))[0][0]
    values = {"app_label": "projects", "content_type_id": 1, "url": "x/"}
    return reverse(name, kwargs={argument: values.get(argument, 1) for argument in arguments})


@pytest.mark.parametrize("visitor", ["anonymous", "stranger", "author"])
@pytest.mark.parametrize("name", DESK)
def test_desk_is_closed_to_others(world, name, visitor):  # noqa: F811 - a fixture
    for method in ("get", "post"):
        response = getattr(world.clients[visitor], method)(address_of(name))
        assert response.status_code in (302, 403, 404, 405), method
        if response.status_code == 302:
            assert response.url.startswith(("/admin/login/", "/konto/")), method


@pytest.mark.parametrize("name", INSIDE)
def test_account_is_closed_without_signing_in(world, name):  # noqa: F811 - a fixture
    for method in ("get", "post"):
        response = getattr(world.clients["anonymous"], method)(address_of(name))
        assert response.status_code in (302, 401, 404, 405), method
        if response.status_code == 302:
            assert response.url.startswith("/konto/anmelden/"), (method, response.url)
