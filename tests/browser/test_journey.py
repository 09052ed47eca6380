"""The whole way of a project, by clicking and typing only: from signing up to the confirmation a year later.

Four people at four browsers: somebody of a municipality, an administrator, a moderator, and a reader without account.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_accounts import PASSWORD, sign_in, sign_up
from tests.browser.test_pictures import upload
from tests.browser.test_submission import new_all_the_same
from tests.projects import picture_zoo as zoo
from tests.second_factor import totp

TYPED = "Jeden Samstag wird im Pfarrhaus genäht, und wer es kann, zeigt es."
CORRECTED = TYPED + " Zwei Honorarkräfte halten es zusammen."
REVISED = CORRECTED + " Seit dem Frühjahr auch mittwochs."
CONSENTS = ("licence", "rights", "privacy", "municipality")
# Two of four: submitting alone is walked in all of them (test_submission.py), and each way takes two minutes.
VARIANTS = [(360, True, "Samtgemeinde Lathen"), (1280, False, "Samtgemeinde Nordhümmling")]


@dataclass
class Somebody:
    """A browser of one's own and the person before it."""

    page: Page
    email: str = ""

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name, exact=isinstance(name, str)).click()
        self.look()

    def follow(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        (within or self.page.locator("main")).get_by_role("link", name=name, exact=isinstance(name, str)).first.click()
        self.look()

    def look(self) -> None:
        """Nothing goes sideways out of the screen, and the page has one heading of the first level."""
        expect(self.page.locator("h1")).to_have_count(1)
        sides = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert self.page.evaluate(sides), self.page.url

    def letter(self, words: str) -> Locator:
        self.page.goto("/demo/briefe/")
        letters = self.page.locator("article", has=self.page.get_by_text(re.compile(rf"An: {re.escape(self.email)}")))
        return letters.filter(has=self.page.get_by_role("heading", name=re.compile(words))).first

    def set_up_second_factor(self) -> None:
        """Where the portal leads whoever works at the desk and has none."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Zweiten Faktor einrichten")
        self.page.fill("#id_code", totp(self.page.locator(".qr-code code").inner_text()))
        self.press("Einrichten")
        expect(self.page.locator(".codes li")).to_have_count(10)


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "tisch.jpg", tmp_path / "haus.png"]
    paths[0].write_bytes(zoo.jpeg(1200, 800))
    paths[1].write_bytes(zoo.png(900, 1200))
    return [str(path) for path in paths]


@pytest.mark.check("A07", "R04")
@pytest.mark.parametrize(("width", "javascript", "body"), VARIANTS)
def test_the_whole_way_of_a_project(page_at, portal, photos, width, javascript, body):
    member, admin, moderator, reader = (Somebody(page_at(width, javascript=javascript)) for _ in range(4))
    title = f"Nähstube im Pfarrhaus ({body.partition(' ')[2]})"

    become_administrator(admin, portal, f"leitung{width}{javascript:d}@example.org")
    ask_for_municipality(member, body)
    ask_for_host(moderator)
    for person in (member, moderator):
        grant(admin, person)
    expect(member.letter("^Sie können mitarbeiten")).to_contain_text(body)
    moderator.page.goto("/konto/")
    moderator.set_up_second_factor()

    begin(member, title)
    fill_in_the_parts(member, photos)
    send(member)
    expect(member.letter(f"^Eingegangen: {re.escape(title)}")).to_be_visible()

    return_with_reason(moderator, title)
    correct(member, title)
    send(member)

    publish_again(moderator, title)
    expect(member.letter(f"^Veröffentlicht: {re.escape(title)}")).to_contain_text("Teil des Mosaiks")
    find_as_reader(reader, title)
    address = reader.page.url

    edit(member, title)
    reader.page.goto(address)
    expect(reader.page.locator("article.project")).not_to_contain_text(REVISED)
    send(member)
    approve_revision(moderator, title)
    expect(member.letter(f"^Überarbeitung veröffentlicht: {re.escape(title)}")).to_be_visible()
    reader.page.goto(address)
    expect(reader.page.locator("article.project")).to_contain_text(REVISED)

    let_a_year_pass(portal, title)
    reader.page.goto(address)
    expect(confirmed_on(reader)).to_have_text(spelled(timezone.localdate() - timedelta(days=365)))
    confirm_by_letter(member, reader, address)


# People and rights


def become_administrator(admin: Somebody, portal, email: str) -> None:
    """The operator makes the account; the address and the second factor are the person's own affair."""
    admin.email = email
    portal.manage("createsuperuser", "--noinput", DJANGO_SUPERUSER_EMAIL=email, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    sign_in(admin.page, email)
    admin.letter("E-Mail-Adresse").get_by_role("link").first.click()
    admin.press("Ja, bestätigen")
    sign_in(admin.page, email)
    admin.set_up_second_factor()


def ask_for_municipality(member: Somebody, body: str) -> None:
    member.email = sign_up(member.page)
    sign_in(member.page, member.email)
    member.follow("Für eine Kommune anfragen")
    member.page.fill("#id_q", body)
    member.press("Suchen")
    member.page.get_by_role("radio", name=re.compile(body)).check()
    member.page.fill("#id_note", "Amt 50")
    member.press("Anfrage abschicken")
    expect(member.page.get_by_role("status")).to_have_text(f"Ihre Anfrage für {body} ist angekommen.")


def ask_for_host(moderator: Somebody) -> None:
    moderator.email = sign_up(moderator.page)
    sign_in(moderator.page, moderator.email)
    moderator.follow("Für eine Kommune anfragen")
    moderator.follow("Für einen Verband anfragen")
    moderator.page.get_by_role("radio", name="Niedersächsischer Städtetag").check()
    moderator.press("Anfrage abschicken")


def grant(admin: Somebody, person: Somebody) -> None:
    admin.page.goto("/admin/")
    admin.follow(re.compile("möchten? mitarbeiten"))
    row = admin.page.locator("#result_list tr", has_text=person.email)
    row.get_by_role("link").first.click()
    admin.look()
    admin.press("Bestätigen")
    expect(admin.page.locator(".messagelist")).to_contain_text("bestätigt")


# The municipality writes


def begin(member: Somebody, title: str) -> None:
    member.page.goto("/konto/")
    member.follow("Projekte einreichen")
    member.page.fill("#id_title", title)
    member.page.get_by_label("laufend").check()
    member.press("Entwurf anlegen")
    new_all_the_same(member.page)
    expect(member.page.get_by_role("heading", level=1)).to_have_text(title)


def fill_in_the_parts(member: Somebody, photos: list[str]) -> None:
    page = member.page
    member.follow("Kopf")
    page.get_by_label("Kurzbeschreibung").fill(TYPED)
    member.press("Speichern und weiter")
    page.get_by_label("Begegnung und Nachbarschaft").check()
    page.fill("#id_started", "9/2015")
    member.press("Speichern und weiter")
    page.fill("#id_approach", "Zwölf Maschinen, vier Tische.")
    member.press("Speichern und weiter")
    page.fill("#id_volunteers", "9")
    member.press("Speichern und weiter")
    fill_in_money(member)
    member.press("Speichern und zur Übersicht")
    member.follow("Bilder")
    upload(page, photos[0], "Zwei Frauen an einer Nähmaschine")
    expect(page.get_by_role("status")).to_have_text("Das Bild ist gespeichert.")
    upload(page, photos[1], "Das Pfarrhaus von der Straße aus")
    expect(page.locator(".upload__picture")).to_have_count(2)
    member.follow("Weiter: Prüfen und absenden")


def fill_in_money(member: Somebody) -> None:
    rows = (
        ("Land Niedersachsen", "state", "12.500,50"),
        ("Bürgerstiftung", "foundation", "3.000"),
        ("Kollekte", "church", ""),
    )
    for number, (source, level, amount) in enumerate(rows):
        if number:
            member.press("Geldquelle hinzufügen")
            expect(member.page.locator("fieldset.row")).to_have_count(number + 1)
        member.page.fill(f"#id_financings-{number}-source_name", source)
        member.page.select_option(f"#id_financings-{number}-level", level)
        member.page.fill(f"#id_financings-{number}-amount", amount)


def send(member: Somebody) -> None:
    """From wherever the municipality stands; agreeing to everything."""
    sends = member.page.get_by_role("button", name="Projekt absenden")
    leads = member.page.locator("main").get_by_role("link", name="Prüfen und absenden", exact=True)
    expect(sends.or_(leads).first).to_be_visible()  # the page before may still be saving
    if not sends.count():
        member.follow("Prüfen und absenden")
    for name in CONSENTS:
        member.page.check(f"#id_{name}")
    member.press("Projekt absenden")
    expect(member.page.get_by_role("status")).to_contain_text("ist eingereicht")


def correct(member: Somebody, title: str) -> None:
    """What the desk asked for stands over the project; a row goes, a sentence comes."""
    expect(member.letter(f"^Bitte ergänzen: {re.escape(title)}")).to_contain_text("Wer zahlt die Anleitung?")
    member.page.goto("/mitmachen/projekte/")
    expect(member.page.locator("main")).to_contain_text("Wer zahlt die Anleitung?")
    member.follow(title)
    expect(member.page.locator("main")).to_contain_text("Wer zahlt die Anleitung?")
    member.follow("Geld")
    expect(member.page.locator("#id_financings-0-amount")).to_have_value("12.500,50")
    member.press("Geldquelle 3 entfernen")
    expect(member.page.locator("fieldset.row")).to_have_count(2)
    member.press("Speichern und zur Übersicht")
    member.follow("Kopf")
    member.page.get_by_label("Kurzbeschreibung").fill(CORRECTED)
    member.press("Speichern und zur Übersicht")


def edit(member: Somebody, title: str) -> None:
    member.page.goto("/mitmachen/projekte/")
    member.follow(title)
    member.press("Bearbeiten")
    expect(member.page.locator("main")).to_contain_text("Arbeitskopie")
    member.follow("Kopf")
    member.page.get_by_label("Kurzbeschreibung").fill(REVISED)
    member.press("Speichern und zur Übersicht")


# The desk decides


def open_at_desk(moderator: Somebody, title: str) -> None:
    moderator.page.goto("/konto/")
    moderator.follow("Zur Redaktion")
    moderator.follow(re.compile("auf eine Entscheidung"))
    moderator.follow(title)
    expect(moderator.page.get_by_role("heading", level=1)).to_contain_text(title)


def return_with_reason(moderator: Somebody, title: str) -> None:
    open_at_desk(moderator, title)
    page = moderator.page
    for seen in (TYPED, "12.500,50", "Bürgerstiftung", "Kollekte"):
        expect(page.locator(".preview")).to_contain_text(seen)
    picture = page.locator(".preview img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    page.locator("summary", has_text="Zurückgeben").click()
    page.get_by_label("Grund in eigenen Worten").fill("Wer zahlt die Anleitung?")
    page.get_by_label("Geld", exact=True).check()
    moderator.press("Zurückgeben")
    expect(page.locator(".messagelist")).to_contain_text(f"„{title}“ ist zurückgegeben.")


def publish_again(moderator: Somebody, title: str) -> None:
    open_at_desk(moderator, title)
    changes = moderator.page.get_by_role("region", name="Änderungen, Feld für Feld")
    expect(changes).to_contain_text("Zwei Honorarkräfte")
    expect(changes).to_contain_text("Kollekte")
    moderator.press("Veröffentlichen")
    expect(moderator.page.locator(".messagelist")).to_contain_text(f"„{title}“ ist veröffentlicht.")


def approve_revision(moderator: Somebody, title: str) -> None:
    open_at_desk(moderator, title)
    expect(moderator.page.locator("main")).to_contain_text("Gegenüber der veröffentlichten Fassung")
    expect(moderator.page.locator(".differences ins")).to_contain_text("Seit dem Frühjahr auch mittwochs.")
    moderator.press("Überarbeitung veröffentlichen")
    expect(moderator.page.locator(".messagelist")).to_contain_text("veröffentlicht")


# Readers, and a year later


def find_as_reader(reader: Somebody, title: str) -> None:
    reader.page.goto("/projekte/")
    reader.page.get_by_role("searchbox").first.fill("Nähstube")
    reader.page.get_by_role("searchbox").first.press("Enter")
    reader.follow(re.compile(re.escape(title)))
    main = reader.page.locator("article.project")
    for seen in (CORRECTED, "12.500,50", "Bürgerstiftung"):
        expect(main).to_contain_text(seen)
    expect(main).not_to_contain_text("Kollekte")
    expect(main.locator(".gallery img")).to_have_count(2)
    assert reader.page.context.cookies() == []


def let_a_year_pass(portal, title: str) -> None:
    """Instead of waiting: the days on which it was confirmed and has to be asked for again; then the nightly job."""
    today = timezone.localdate()
    commands = (
        "from django.core.management import call_command",
        f"found = Project.objects.filter(title={title!r}, status='published')",
        f"found.update(confirmed_on='{today - timedelta(days=365)}', next_check_on='{today}')",
        "from projects import facets",
        "facets.index_all()",  # pages are kept until something is published
        "call_command('ask_for_confirmation')",
    )
    assert "Nachfragen: 1" in portal.manage("shell", "--command", "; ".join(commands))


def confirm_by_letter(member: Somebody, reader: Somebody, address: str) -> None:
    """Looking changes nothing; one click answers; whoever comes later is told so."""
    letter = member.letter("^Ist das noch aktuell?")
    link = letter.get_by_role("link").first.get_attribute("href")
    member.page.context.clear_cookies()  # nobody has to sign in for this
    member.page.goto(link)
    member.page.reload()
    reader.page.goto(address)
    expect(confirmed_on(reader)).to_have_text(spelled(timezone.localdate() - timedelta(days=365)))
    member.press("Ja, stimmt noch")
    expect(member.page.get_by_role("heading", level=1)).to_have_text("Danke für Ihre Antwort")
    reader.page.goto(address)
    expect(confirmed_on(reader)).to_have_text(spelled(timezone.localdate()))
    member.page.goto(link)
    expect(member.page.get_by_role("heading", level=1)).to_have_text("Danke, das ist schon beantwortet")


def confirmed_on(reader: Somebody) -> Locator:
    return reader.page.locator(".fact-sheet div", has=reader.page.get_by_text("Zuletzt bestätigt")).locator("dd").first


def spelled(day) -> str:
    months = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
    return f"{day.day}. {months[day.month - 1]} {day.year}"
