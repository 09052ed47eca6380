"""The platform under every page: headers, unreadable input, errors, health, sessions, the second factor."""

import json
import logging

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.utils import timezone

from integration_portal import health, urls
from integration_portal.logs import JsonLines
from integration_portal.middleware import HEADERS
from municipalities.models import User

PASSWORD = "ein langes Passwort"


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


def without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.POST.get("text", ""))


# The portal with a few pages that fail in a known way; @pytest.mark.urls(__name__) puts them in.
urlpatterns = [
    path("test/broken/", broken),
    path("test/without-database/", without_database),
    path("test/forbidden/", forbidden),
    path("test/form/", form),
    path("", include(urls)),
]
handler400, handler500 = urls.handler400, urls.handler500


@pytest.fixture
def visitor() -> Client:
    """A browser that shows error pages instead of raising their cause."""
    return Client(raise_request_exception=False)


def make_user(email: str = "person@example.org", **fields) -> User:
    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def sign_in(client: Client, user: User) -> HttpResponse:
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


# --- headers ---


@pytest.mark.check("S11")
@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/impressum/", 200),
        ("/livez", 200),
        ("/admin/", 302),
        ("/projekte", 301),
        ("/projekte/?q=%00", 400),
        ("/test/forbidden/", 403),
        ("/gibt-es-nicht/", 404),
        ("/static/css/gibt-es-nicht.css", 404),
        ("/test/broken/", 500),
        ("/test/without-database/", 503),
    ],
)
def test_every_answer_has_the_headers(visitor, address, status):
    response = visitor.get(address)
    assert response.status_code == status
    assert HEADERS.items() <= dict(response.headers).items()
    assert len(response.headers["X-Request-ID"]) == 32
    assert "Server" not in response.headers


@pytest.mark.django_db
def test_static_files_have_the_headers(visitor):
    response = visitor.get("/static/css/base.css")
    response.close()
    assert response.status_code == 200
    assert HEADERS.items() <= dict(response.headers).items()


@pytest.mark.check("S11")
def test_no_header_is_missing():
    """Written out here, because the tests above ask for whatever the portal says that it sends."""
    policies = {name: value for name, value in HEADERS.items() if name != "Content-Security-Policy"}
    denied = policies.pop("Permissions-Policy")
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()"} <= set(denied.split(", "))
    assert policies == {
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


@pytest.mark.check("S11")
def test_policy_allows_nothing_inline_and_nobody_else():
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert {"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert "http" not in policy


@pytest.mark.check("S13")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/projekte/",
        "/projekte/?q=kurs",
        "/kommunen/",
        "/foerderung/",
        "/themen/",
        "/impressum/",
        "/livez",
    ],
)
def test_readers_get_no_cookie_and_stay_cacheable(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.django_db
def test_pages_of_people_who_are_signed_in_are_not_stored(client):
    client.force_login(make_user())
    assert "no-store" in client.get("/impressum/").headers["Cache-Control"]


# --- input that cannot be read ---


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/projekte/?q=%00", "/projekte/?q=%ff", "/projekte/?%ed%a0%80=1", "/%00", "/%ff/"])
def test_unreadable_address_is_refused_in_german(visitor, address):
    response = visitor.get(address)
    assert response.status_code == 400
    assert 'lang="de"' in response.content.decode()
    assert "nicht" in response.content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"text=a%00b", b"text=%ff", b"te%00xt=a", b"text=\xff"])
def test_unreadable_form_is_refused(visitor, body):
    response = visitor.post("/test/form/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_form_with_parts_is_refused_for_a_nul(visitor):
    assert visitor.post("/test/form/", {"text": "a\0b"}).status_code == 400
    assert visitor.post("/test/form/", {"text": "äöü"}).content.decode() == "äöü"


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_readable_form_arrives(visitor):
    response = visitor.post("/test/form/", "text=%C3%A4+b", content_type="application/x-www-form-urlencoded")
    assert response.content.decode() == "ä b"


@pytest.mark.django_db
def test_endless_address_is_answered(visitor):
    response = visitor.get("/projekte/?q=" + "x" * 100_000)
    assert response.status_code in (200, 400)


# --- errors ---


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_server_error_names_the_request(visitor):
    response = visitor.get("/test/broken/")
    assert response.headers["X-Request-ID"] in response.content.decode()
    assert "RuntimeError" not in response.content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_lost_database_is_said_in_german(visitor):
    response = visitor.get("/test/without-database/")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "Mosaik" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_database_that_is_really_gone(visitor, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/gibt/es/nicht")
    response = visitor.get("/projekte/")
    assert response.status_code == 503
    assert visitor.get("/readyz").status_code == 503
    assert visitor.get("/livez").status_code == 200
    monkeypatch.undo()
    connection.close()
    assert visitor.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_database_that_is_gone_is_said_to_people_with_a_session_too(visitor, monkeypatch):
    visitor.force_login(make_user())
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/gibt/es/nicht")
    response = visitor.get("/mitmachen/projekte/")
    monkeypatch.undo()
    connection.close()
    assert response.status_code == 503
    assert "Die Datenbank antwortet gerade nicht." in response.content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_missing_token_is_explained():
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/test/form/", {"text": "a"})
    assert response.status_code == 403
    assert "zu lange offen" in response.content.decode()


@pytest.mark.django_db
def test_readyz_wants_all_migrations(visitor, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    assert visitor.get("/readyz").content == b"ok\n"
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'municipalities'")
    response = visitor.get("/readyz")
    assert (response.status_code, response.content) == (503, b"migrations missing\n")


# --- sessions ---


@pytest.mark.django_db
def test_session_ends_after_an_idle_hour(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client, make_user())
        clock.shift(59 * 60)
        assert client.get("/impressum/").wsgi_request.user.is_authenticated
        clock.shift(59 * 60)
        assert client.get("/impressum/").wsgi_request.user.is_authenticated
        clock.shift(61 * 60)
        assert not client.get("/impressum/").wsgi_request.user.is_authenticated


@pytest.mark.django_db
def test_session_ends_after_half_a_day_however_busy(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client, make_user())
        for _ in range(24):
            assert client.get("/impressum/").wsgi_request.user.is_authenticated
            clock.shift(30 * 60)
        clock.shift(60)
        assert not client.get("/impressum/").wsgi_request.user.is_authenticated


@pytest.mark.django_db
def test_session_ends_with_the_password_and_with_the_account(client):
    user = make_user()
    client.force_login(user)
    user.set_password("ein anderes Passwort")
    user.save()
    assert not client.get("/impressum/").wsgi_request.user.is_authenticated
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not client.get("/impressum/").wsgi_request.user.is_authenticated


@pytest.mark.django_db
def test_operator_can_close_the_making_of_accounts(client, settings):
    settings.SIGNUP_OPEN = False
    client.post(
        reverse("account_signup"),
        {"email": "neu@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.exists()


@pytest.mark.check("S22")
@pytest.mark.django_db
def test_sixth_wrong_password_is_not_checked(client):
    user = make_user()
    for _ in range(5):
        client.post(reverse("account_login"), {"login": user.email, "password": "falsch"})
    response = sign_in(client, user)
    assert response.status_code in (200, 429)
    assert not response.wsgi_request.user.is_authenticated


# --- second factor ---


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/admin/", "/admin/municipalities/user/", "/projekte/", "/themen/"])
def test_staff_without_second_factor_is_led_to_its_set_up(client, address):
    sign_in(client, make_user(is_staff=True, is_superuser=True))
    assert client.get(address).headers["Location"] == reverse("mfa_activate_totp")


@pytest.mark.django_db
def test_staff_without_second_factor_can_sign_out(client):
    sign_in(client, make_user(is_staff=True))
    assert client.get(reverse("account_logout")).status_code == 200


@pytest.mark.django_db
def test_members_of_a_municipality_need_no_second_factor(client):
    sign_in(client, make_user())
    assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_second_factor_is_asked_for(client):
    user = make_user(is_staff=True, is_superuser=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "A" * 32})
    assert sign_in(client, user).headers["Location"] == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302
    client.force_login(user)
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_admin_has_no_login_of_its_own(client):
    response = client.get("/admin/login/?next=/admin/")
    assert response.headers["Location"].startswith(reverse("account_login"))
    user = make_user(is_staff=True, is_superuser=True)
    posted = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert posted.status_code == 302
    assert not posted.wsgi_request.user.is_authenticated


@pytest.mark.django_db
def test_admin_does_not_show_secrets_of_second_factors(client):
    user = make_user(is_staff=True, is_superuser=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "A" * 32})
    client.force_login(user)
    assert client.get("/admin/mfa/authenticator/").status_code == 404


# --- log ---


@pytest.mark.check("S16")
@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_log_has_the_route_and_no_address(visitor, caplog):
    with caplog.at_level(logging.INFO, logger="integration_portal.middleware"):
        visitor.get(reverse("account_reset_password_from_key", args=["1", "secret-key"]) + "?q=private")
    (record,) = (record for record in caplog.records if record.name == "integration_portal.middleware")
    assert "secret-key" not in str(vars(record))
    assert "private" not in str(vars(record))
    assert record.status in (200, 302)


@pytest.mark.check("S16")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", ["%0A", "%0D%0A", "%0a%7B%22level%22%3A%20%22INFO%22%7D", "%1b[2J", "%22,%22level%22:%22"]
)
def test_nobody_writes_lines_into_the_log(visitor, caplog, typed):
    with caplog.at_level(logging.INFO):
        visitor.get(f"/projekte/x{typed}y/?q={typed}", headers={"User-Agent": "a\tb", "X-Request-ID": "mine"})
    assert caplog.records
    for record in caplog.records:
        line = JsonLines().format(record)
        assert not [sign for sign in line if ord(sign) < 32]
        assert json.loads(line)["level"] == record.levelname
        assert json.loads(line)["request_id"] != "mine"
