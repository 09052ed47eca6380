"""Accounts in a real browser: from signing up to submitting, passkeys, and every page of an account for everybody."""

import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.second_factor import totp

PASSWORD = "vier Wörter ohne jeden Sinn"
_numbers = count(1)


def submit(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/konto/anmelden/")
    page.fill("#id_login", email)
    page.fill("#id_password", password)
    submit(page, "Anmelden")


def sign_up(page: Page) -> str:
    """A new account whose address is confirmed through the letter; returns the address."""
    email = f"berta{next(_numbers)}@soegel.example"
    page.goto("/konto/registrieren/")
    page.fill("#id_first_name", "Berta")
    page.fill("#id_last_name", "Beispiel")
    page.fill("#id_email", email)
    page.fill("#id_password1", PASSWORD)
    submit(page, "Konto anlegen")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bitte sehen Sie in Ihr Postfach")
    page.goto("/demo/briefe/")
    letter = page.locator("article", has_text=email).filter(has_text="bestätigen Sie Ihre E-Mail-Adresse")
    letter.get_by_role("link").first.click()
    submit(page, "Ja, bestätigen")
    return email


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (360, False)])
def test_from_signing_up_to_submitting(page_at, portal, width, javascript):
    page, coordinator = page_at(width, javascript=javascript), page_at(width, javascript=javascript)
    email = sign_up(page)
    sign_in(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
    expect(page.get_by_role("link", name="Projekte einreichen")).to_have_count(0)
    page.get_by_role("link", name="Für eine Kommune anfragen").click()
    page.fill("#id_q", "sögel")
    submit(page, "Suchen")
    page.get_by_role("radio", name="Samtgemeinde Sögel (Landkreis Emsland)", exact=True).check()
    page.fill("#id_note", "Amt 50, Telefon 05952 1")
    submit(page, "Anfrage abschicken")
    expect(page.get_by_role("status")).to_contain_text("Ihre Anfrage für Samtgemeinde Sögel ist angekommen.")

    sign_in(coordinator, "kommune@example.org", portal.passwords["kommune@example.org"])
    coordinator.get_by_role("link", name="Personen meiner Kommune").click()
    row = coordinator.get_by_role("listitem").filter(has_text=email)
    row.get_by_role("link", name="Anfrage beantworten").click()
    expect(coordinator.locator("main")).to_contain_text("Amt 50")
    submit(coordinator, "Bestätigen")
    expect(coordinator.get_by_role("status")).to_have_text("Berta Beispiel, Samtgemeinde Sögel: bestätigt.")

    page.goto("/konto/")
    page.get_by_role("link", name="Projekte einreichen").click()
    expect(page).to_have_url(re.compile("/mitmachen/projekte/neu/"))
    page.goto("/demo/briefe/")
    letters = page.locator("article", has_text=email)
    expect(letters.filter(has_text="Sie können mitarbeiten")).to_have_count(1)


def virtual_authenticator(page: Page) -> None:
    """A device of the browser's own that makes passkeys and agrees to everything (DevTools protocol, WebAuthn)."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.check("S07")
def test_passkey_registers_and_signs_in(page_at, portal):
    """S07; browsers know passkeys under a name only, not under 127.0.0.1."""
    page = page_at(base_url=portal.url.replace("127.0.0.1", "localhost"))
    email = sign_up(page)
    sign_in(page, email)
    virtual_authenticator(page)
    page.goto("/konto/sicherheit/passkeys/neu/")
    page.fill("#id_name", "Diensttelefon")
    submit(page, "Passkey anlegen")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ersatzcodes")
    page.goto("/konto/sicherheit/passkeys/")
    expect(page.get_by_role("listitem").filter(has_text="Diensttelefon")).to_contain_text("auch ohne Passwort")

    page.goto("/konto/")
    submit(page, "Abmelden")
    page.goto("/konto/anmelden/?next=/konto/sitzungen/")
    submit(page, "Mit einem Passkey anmelden")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sitzungen")

    page.goto("/konto/")
    submit(page, "Abmelden")
    sign_in(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Zweiter Faktor")
    submit(page, "Passkey verwenden")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")


def test_passkey_that_fails_is_explained_and_without_javascript_there_is_none(page_at):
    page = page_at()  # 127.0.0.1 is no name
    page.goto("/konto/anmelden/")
    submit(page, "Mit einem Passkey anmelden")
    expect(page.get_by_role("alert")).to_contain_text("Das hat nicht geklappt")
    plain = page_at(javascript=False)
    plain.goto("/konto/anmelden/")
    expect(plain.get_by_role("button", name="Mit einem Passkey anmelden")).to_have_count(0)
    expect(plain.locator("main")).to_contain_text("Passkeys brauchen JavaScript")


def test_app_is_set_up_with_the_drawn_code(page_at):
    page = page_at(360)
    email = sign_up(page)
    sign_in(page, email)
    page.goto("/konto/sicherheit/app/")
    drawn = page.locator(".qr-code svg").bounding_box()
    assert drawn["width"] == drawn["height"] >= 200
    page.fill("#id_code", "000000")
    submit(page, "Einrichten")
    expect(page).to_have_title(re.compile("^Fehler:"))
    page.fill("#id_code", totp(page.locator(".qr-code code").inner_text()))
    submit(page, "Einrichten")
    expect(page.locator(".codes li")).to_have_count(10)


def test_password_can_be_looked_at(page_at):
    page = page_at()
    page.goto("/konto/registrieren/")
    page.fill("#id_password1", PASSWORD)
    submit(page, "Passwort anzeigen")
    expect(page.locator("#id_password1")).to_have_attribute("type", "text")
    submit(page, "Passwort verbergen")
    expect(page.locator("#id_password1")).to_have_attribute("type", "password")


OUTSIDE = (
    "anmelden/ registrieren/ passwort/vergessen/ passwort/vergessen/gesendet/ passwort/neu/ passwort/neu/1-x/ "
    "gesperrt/ e-mail/bestaetigen/ e-mail/bestaetigen/x/"
).split()
INSIDE = (
    " name/ schliessen/ mitarbeit/neu/ mitarbeit/neu/?q=lathen mitarbeit/neu/?verband personen/ e-mail/ passwort/ "
    "abmelden/ sicherheit/ sicherheit/app/ sicherheit/passkeys/ sicherheit/passkeys/neu/ sitzungen/"
).split(" ")
SCREENS = [(1280, "light"), (320, "dark")]


@pytest.mark.check("A01")
def test_pages_are_for_everybody(page_at, portal, for_everybody):
    page = page_at()
    for path in OUTSIDE:
        check(page, f"/konto/{path}", for_everybody)
    sign_in(page, "kommune@example.org", portal.passwords["kommune@example.org"])
    for path in INSIDE:
        check(page, f"/konto/{path}", for_everybody)


def check(page: Page, path: str, for_everybody) -> None:
    assert page.goto(path).status == 200
    assert page.url.endswith(path)
    for_everybody(page)
    for width, _color_scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page)


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
    low = "[...document.querySelectorAll('main input:not([type=hidden], [type=checkbox], [type=radio]), main .button')]"
    heights = page.evaluate(f"{low}.filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)")
    assert all(height >= 48 for height in heights), (page.url, heights)


@pytest.mark.check("A04")
@pytest.mark.parametrize(("width", "color_scheme"), SCREENS)
@pytest.mark.parametrize(
    ("path", "button"),
    [("anmelden/", "Anmelden"), ("registrieren/", "Konto anlegen"), ("passwort/vergessen/", "Link anfordern")],
)
def test_errors_come_first_with_the_focus(page_at, assert_accessible, width, color_scheme, path, button):
    page = page_at(width, color_scheme)
    page.goto(f"/konto/{path}")
    submit(page, button)
    expect(page).to_have_title(re.compile("^Fehler:"))
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(page.locator(":focus")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)
    assert_fits(page)
