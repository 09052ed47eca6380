"""Signing up, in and out: nothing is given away, every page is ours, sessions end, no way past the second factor."""

import re
from pathlib import Path

import allauth
import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.urls import NoReverseMatch, reverse

from integration_portal import account_urls
from municipalities import people
from municipalities.models import Host, User
from projects.models import Letter
from tests.second_factor import totp

pytestmark = pytest.mark.django_db
PASSWORD = "ein langes Passwort"
NEW_PASSWORD = "ein anderes langes Passwort"


@pytest.fixture(autouse=True)
def _no_limits(settings) -> None:
    """Limits have a test of their own; here they would depend on how many tests ran in this minute."""
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    # allauth asks for single rows more than once in a request.
    settings.ZEAL_ALLOWLIST = [
        {"model": name, "field": "*"} for name in ("account.*", "municipalities.User", "*Session")
    ]


def make_user(email: str = "anna@stade.example", **fields) -> User:
    user = User.objects.create_user(email, PASSWORD, first_name="Anna", last_name="Beispiel", **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def sign_in(client: Client, email: str, password: str = PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("projects:account")).status_code == 200


def links(letter: Letter) -> list[str]:
    return re.findall(r"http://testserver(/\S+)", letter.body)


def sign_up(client: Client, email: str):
    form = {"email": email, "password1": PASSWORD, "first_name": "Berta", "last_name": "Beispiel"}
    return client.post(reverse("account_signup"), form)


# --- signing up ---


def test_sign_up_needs_the_confirmed_address(client):
    assert sign_up(client, "Berta@Stade.Example").headers["Location"] == reverse("account_email_verification_sent")
    letter = Letter.objects.get()
    assert (letter.to, letter.is_private) == ("berta@stade.example", True)
    assert "Freundliche Grüße" in letter.body
    assert not is_signed_in(client)
    assert sign_in(client, "berta@stade.example").headers["Location"] == reverse("account_email_verification_sent")
    assert not is_signed_in(client)
    other = Client()
    page = other.get(links(letter)[0])
    assert "berta@stade.example" in page.content.decode()
    assert not EmailAddress.objects.get().verified  # looking confirms nothing: mail programs look at links too
    other.post(links(letter)[0])
    assert EmailAddress.objects.get().verified
    sign_in(other, "berta@stade.example")
    assert is_signed_in(other)
    user = User.objects.get()
    assert (user.get_full_name(), user.is_staff, user.memberships.count()) == ("Berta Beispiel", False, 0)


def test_sign_up_can_be_closed(client, settings):
    settings.SIGNUP_OPEN = False
    assert "nur auf Anfrage" in client.get(reverse("account_signup")).content.decode()
    sign_up(client, "berta@stade.example")
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["kurz", "password1234", "123498765012", "anna@stade.example"])
def test_weak_password_is_refused(client, password):
    form = {"email": "anna@stade.example", "password1": password, "first_name": "A", "last_name": "B"}
    page = client.post(reverse("account_signup"), form)
    assert "Fehler:" in page.content.decode()
    assert not User.objects.exists()


# --- S09: who has an account is nobody's business ---


def comparable(response, email: str = "") -> tuple:
    """What a visitor can see of an answer; the token is new each time, and the page may repeat what was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode()).replace(email or "\0", "")
    return response.status_code, response.headers.get("Location"), text, tuple(sorted(response.cookies))


@pytest.mark.check("S09")
@pytest.mark.parametrize("verified", [True, False])
def test_sign_up_answers_the_same_for_a_known_address(verified):
    user = make_user()
    EmailAddress.objects.filter(user=user).update(verified=verified)
    known, unknown = Client(), Client()
    assert comparable(sign_up(known, user.email)) == comparable(sign_up(unknown, "neu@stade.example"))
    sent = reverse("account_email_verification_sent")
    assert comparable(known.get(sent), user.email) == comparable(unknown.get(sent), "neu@stade.example")
    assert User.objects.count() == 2
    letters = dict(Letter.objects.values_list("to", "subject"))
    assert letters[user.email] == "Sie haben schon ein Konto"
    assert letters["neu@stade.example"] == "Bitte bestätigen Sie Ihre E-Mail-Adresse"


@pytest.mark.check("S09")
def test_sign_in_answers_the_same_for_an_unknown_address():
    make_user()
    make_user("weg@stade.example", is_active=False)
    answers = {
        comparable(sign_in(Client(), email, "falsches Passwort"), email)[2]
        for email in ("anna@stade.example", "niemand@stade.example", "weg@stade.example")
    }
    assert len(answers) == 1
    assert "E-Mail-Adresse und Passwort passen nicht zusammen" in answers.pop()


@pytest.mark.check("S09")
def test_reset_answers_the_same_for_an_unknown_address():
    make_user()
    answers = set()
    for email in ("anna@stade.example", "niemand@stade.example"):
        client = Client()
        answers.add(comparable(client.post(reverse("account_reset_password"), {"email": email})))
        answers.add(comparable(client.get(reverse("account_reset_password_done"))))
    assert len(answers) == 2
    assert Letter.objects.count() == 2


def test_change_of_address_answers_the_same_for_a_known_address(client):
    make_user()
    make_user("berta@stade.example")
    sign_in(client, "anna@stade.example")
    for email in ("berta@stade.example", "neu@stade.example"):
        answer = client.post(reverse("account_email"), {"email": email, "action_add": "1"})
        assert answer.headers["Location"] == reverse("account_email")


# --- changing what one signs in with ---


def test_new_address_counts_once_confirmed(client):
    user = make_user()
    sign_in(client, user.email)
    client.post(reverse("account_email"), {"email": "Neu@Stade.Example", "action_add": "1"})
    user.refresh_from_db()
    assert user.email == "anna@stade.example"
    client.post(links(Letter.objects.get(to="neu@stade.example"))[0])
    user.refresh_from_db()
    assert user.email == "neu@stade.example"
    assert Letter.objects.filter(to="anna@stade.example", subject="Ihre E-Mail-Adresse wurde geändert").exists()


def test_forgotten_password_is_set_anew(client):
    make_user()
    client.post(reverse("account_reset_password"), {"email": "anna@stade.example"})
    link = links(Letter.objects.get())[0]
    form = client.get(link, follow=True)
    path = form.redirect_chain[-1][0]
    assert "set-password" in path
    answer = client.post(path, {"password1": NEW_PASSWORD}, follow=True)
    assert "Ihr neues Passwort gilt" in answer.content.decode()
    assert not is_signed_in(client)
    sign_in(client, "anna@stade.example", NEW_PASSWORD)
    assert is_signed_in(client)
    assert "gilt nicht mehr" in Client().get(link).content.decode()  # once only


# --- S10: sessions ---


@pytest.mark.check("S10")
def test_session_ends_after_an_hour_without_a_request(client):
    with time_machine.travel("2026-11-22 08:00", tick=False) as clock:
        sign_in(client, make_user().email)
        clock.move_to("2026-11-22 08:59")
        assert is_signed_in(client)
        clock.move_to("2026-11-22 09:58")
        assert is_signed_in(client)
        clock.move_to("2026-11-22 10:59")
        assert not is_signed_in(client)


@pytest.mark.check("S10")
def test_session_ends_after_twelve_hours_however_busy(client):
    with time_machine.travel("2026-11-22 08:00", tick=False) as clock:
        sign_in(client, make_user().email)
        for minutes in range(0, 12 * 60, 45):
            clock.move_to(f"2026-11-22 {8 + minutes // 60:02d}:{minutes % 60:02d}")
            assert is_signed_in(client)
        clock.move_to("2026-11-22 20:01")
        assert not is_signed_in(client)


@pytest.mark.check("S10")
def test_password_change_ends_the_other_sessions(client):
    user, other = make_user(), Client()
    sign_in(client, user.email)
    sign_in(other, user.email)
    answer = client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW_PASSWORD})
    assert answer.status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert Letter.objects.get().subject == "Ihr Passwort wurde geändert"


@pytest.mark.check("S10")
def test_locked_account_is_out_at_once_and_stays_out(client):
    user = make_user()
    sign_in(client, user.email)
    people.deactivate(user, by=None)
    assert not is_signed_in(client)
    assert not UserSession.objects.exists()
    assert sign_in(Client(), user.email).headers["Location"] == reverse("account_inactive")
    client.post(reverse("account_reset_password"), {"email": user.email})
    assert Letter.objects.get().subject == "Mit dieser Adresse gibt es kein Konto"


def test_other_sessions_are_listed_and_ended(client):
    user, other = make_user(), Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    sign_in(client, user.email)
    sign_in(other, user.email)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Firefox unter Windows" in page
    assert "diese Sitzung" in page
    client.post(reverse("usersessions_list"))
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_signing_out_leaves_no_cookie(client):
    sign_in(client, make_user().email)
    answer = client.post(reverse("account_logout"))
    assert answer.cookies["session"]["max-age"] == 0
    assert not is_signed_in(client)


# --- S06: the second factor ---


def with_app(user: User) -> str:
    secret = "JBSWY3DPEHPK3PXP" * 2
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": secret})
    return secret


def make_moderator(email: str = "moderation@example.org") -> User:
    return people.grant(people.ask(make_user(email), host=Host.NST), by=None).user


def make_admin() -> User:
    return people.set_administrator(make_user("admin@example.org"), True, by=None)


@pytest.mark.check("S06")
@pytest.mark.parametrize("make", [make_moderator, make_admin])
def test_desk_is_closed_without_second_factor(client, make):
    sign_in(client, make().email)
    for path in ("/admin/", "/admin/projects/project/", "/admin/login/", "/konto/", "/", "/projekte/"):
        for method in (client.get, client.post):
            assert method(path).headers["Location"] == reverse("mfa_activate_totp"), path
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    for name in ("projects:imprint", "projects:privacy", "projects:accessibility", "projects:report_barrier"):
        assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("make", [make_moderator, make_admin])
def test_desk_opens_after_password_and_code(client, make):
    user = make()
    secret = with_app(user)
    assert sign_in(client, user.email).headers["Location"] == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Dieser Code stimmt nicht" in wrong.content.decode()
    assert client.get("/admin/").status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": totp(secret)})
    assert client.get("/admin/").status_code == 200


@pytest.mark.check("S06")
def test_stock_login_of_the_admin_does_not_skip_the_second_factor(client):
    user = make_moderator()
    with_app(user)
    answer = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert answer.headers["Location"].startswith(reverse("account_login"))
    assert client.get("/admin/").status_code == 302


def test_whoever_becomes_moderator_while_signed_in_needs_one_at_once(client):
    user = make_user()
    sign_in(client, user.email)
    assert is_signed_in(client)
    people.grant(people.ask(user, host=Host.NST), by=None)
    assert client.get("/admin/").headers["Location"] == reverse("mfa_activate_totp")


def test_replacement_codes_alone_are_no_second_factor(client):
    user = make_moderator()
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0})
    client.force_login(user)
    assert client.get("/admin/").headers["Location"] == reverse("mfa_activate_totp")


def test_app_is_set_up_with_codes_for_the_bad_day(client):
    user = make_user()
    sign_in(client, user.email)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert re.search(r"<svg[^>]*>.*</svg>", page, re.DOTALL)
    assert "data:" not in page
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": totp(secret)}, follow=True)
    codes = re.findall(r"<code>(\d{8})</code>", answer.content.decode())
    assert len(codes) == 10
    other = Client()
    sign_in(other, user.email)
    other.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert is_signed_in(other)
    text = client.get(reverse("mfa_download_recovery_codes")).content.decode()
    assert codes[0] not in text
    assert codes[1] in text


def test_sensitive_steps_ask_again_after_five_minutes(client):
    with time_machine.travel("2026-11-22 08:00", tick=False) as clock:
        sign_in(client, make_user().email)
        assert client.get(reverse("mfa_activate_totp")).status_code == 200
        clock.move_to("2026-11-22 08:06")
        for name in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
            assert client.get(reverse(name)).headers["Location"].startswith(reverse("account_reauthenticate"))
        new_address, agreed = {"email": "neu@stade.example", "action_add": "1"}, {"agreed": "on"}
        posts = {"account_email": new_address, "projects:close_account": agreed, "usersessions_list": {}}
        for name, form in posts.items():
            assert client.post(reverse(name), form).headers["Location"].startswith(reverse("account_reauthenticate"))
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert client.get(reverse("mfa_activate_totp")).status_code == 200


@pytest.mark.parametrize("credential", ["null", "[]", "{}", '"x"', '{"id": 1}', "{", '{"response": {}, "id": "AA"}'])
def test_nonsense_for_a_passkey_is_refused(client, credential):
    make_user()
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert client.post(reverse("mfa_login_webauthn"), {"credential": credential}).status_code == 302
    sign_in(client, "anna@stade.example")
    client.get(reverse("mfa_add_webauthn"))
    answer = client.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": credential})
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()


# --- every page is ours ---

FOLDERS = ("account", "mfa", "usersessions")
# Never drawn: no codes by mail or telephone, no trusted browsers, no sign-up by passkey, one address a person.
UNUSED = re.compile(
    r"/base_|/base\.html|snippets/|phone|code_(message|subject|sent)|confirm_\w+_code|request_login_code"
    r"|signup_by_passkey|signup_form|trust|account/email\.html"
)


def templates_of_allauth() -> list[str]:
    root = Path(allauth.__file__).parent / "templates"
    names = [str(path.relative_to(root)) for folder in FOLDERS for path in (root / folder).rglob("*.*")]
    return sorted(name for name in names if not UNUSED.search(f"/{name}"))


@pytest.mark.parametrize("name", templates_of_allauth())
def test_every_template_is_ours_and_german(name):
    template = get_template(name).template
    assert Path(template.origin.name).is_relative_to(settings.BASE_DIR / "templates")
    assert not re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich|[Kk]ennwort)\b", template.source)


# Of a virtual device in Chromium; a passkey has only its public half here.
PASSKEY = {
    "name": "Diensttelefon",
    "credential": {
        "id": "98zsLUp7vMEoIz1K79dm3PUBbh3drOYG6ZehQX7OHCo",
        "type": "public-key",
        "rawId": "98zsLUp7vMEoIz1K79dm3PUBbh3drOYG6ZehQX7OHCo",
        "response": {
            "transports": ["internal"],
            "clientDataJSON": (
                "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoibHdQeC1EajVVTDBJeERoWlU2Z0JzS1JBZkQwUFM1ZGFqWjZp"
                "cEwwLTVMRSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6ODAzMSIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
            ),
            "attestationObject": (
                "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcI"
                "AQIDBAUGBwgAIPfM7C1Ke7zBKCM9Su_XZtz1AW4d3azmBumXoUF-zhwqpQECAyYgASFYINP0RLrcm7A08LTSDsX56hB9FUFZesuL"
                "ZU3yXkVFWToRIlggvAV8r1EwfuP2FKL_1o7nUPAtOGndZn73NKqMnvP-lkQ"
            ),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
        "authenticatorAttachment": "platform",
    },
}


@pytest.mark.parametrize("name", [pattern.name for pattern in account_urls.urlpatterns])
def test_page_is_drawn_without_anything_inline(client, name):
    user = make_user()
    with_app(user)
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=PASSKEY)
    try:
        path = reverse(name)
    except NoReverseMatch:
        parts = {"account_confirm_email": ["x"], "account_reset_password_from_key": ["1", "x"]}
        path = reverse(name, args=parts.get(name, [key.pk]))
    for visitor in (client, Client()):
        if visitor is client:
            client.force_login(user)
        answer = visitor.get(path, follow=True)
        assert answer.status_code in (200, 404)
        page = answer.content.decode()
        assert '<html lang="de">' in page or answer.headers["Content-Type"].startswith("text/plain")
        for forbidden in (" style=", "<style", "onclick=", "javascript:", 'placeholder="'):
            assert forbidden not in page
        # A block of data is nothing that runs; signing out leads to the home page, which describes itself in one.
        assert all("src=" in tag or "json" in tag for tag in re.findall(r"<script[^>]*>", page))


# --- whatever is typed ---

NASTY = [
    "",
    "\u202eabc",
    "٣٣٣٣٣٣",
    "x" * 100_000,
    "ß" * 300,
    "'\"><script>",
    "anna@stade.example\r\nBcc: x@example.org",
    "🙂",
]


@pytest.mark.check("S18")
@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nothing_that_is_typed_breaks_a_form(client, text):
    """S18 for the forms of an account: an answer, never an error of ours."""
    user = make_user()
    secret = with_app(user)
    everything = dict.fromkeys(
        (
            "login",
            "email",
            "password",
            "password1",
            "oldpassword",
            "first_name",
            "last_name",
            "code",
            "name",
            "credential",
        ),
        text,
    )
    outside = ("account_login", "account_signup", "account_reset_password", "mfa_login_webauthn")
    inside = (
        "account_email",
        "account_change_password",
        "mfa_reauthenticate",
        "mfa_add_webauthn",
        "projects:change_name",
    )
    for name in outside:
        assert client.post(reverse(name), everything).status_code in (200, 302), name
    sign_in(client, user.email)
    assert client.post(reverse("mfa_authenticate"), everything).status_code == 200
    client.post(reverse("mfa_authenticate"), {"code": totp(secret)})
    for name in inside:
        answer = client.post(reverse(name), {**everything, "action_add": "1"})
        assert answer.status_code in (200, 302), name
        assert b"<script>" not in answer.content


@pytest.mark.check("S21")
@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_after_signing_in(client, target):
    user = make_user()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == reverse("projects:account")
    assert client.post(reverse("account_logout"), {"next": target}).headers["Location"] == "/"
