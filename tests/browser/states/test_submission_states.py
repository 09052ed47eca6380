"""Every page of submitting in every state, for everybody: empty, full, with errors, in conflict, closed."""

import re

import pytest
from playwright.sync_api import Page, expect
from zeal import zeal_ignore

from municipalities.models import User
from projects import workflow
from projects.models import Project, Status
from tests.browser.states.keyboard import focused, leave_at_the_end, tab_to
from tests.browser.states.stage import LONG, SENTENCE, full_project
from tests.factories import make_municipality, make_project
from tests.projects.steps import make_member, make_moderator, make_person

pytestmark = pytest.mark.django_db(transaction=True)
PARTS = "kopf einordnung geschichte aufwand geld belege nachmachen huerden kontakt bilder".split()
SAVE = "Speichern und zur Übersicht"
# What to type into a part so that something is wrong with it.
MISTAKES = {
    "kopf": {"#id_title": "", "#id_summary": SENTENCE * 20, "#id_further": "Nirgendwo"},
    "einordnung": {"#id_started": "gestern", "#id_ended": "31.2.2015"},
    "aufwand": {"#id_cost_one_off": "viel", "#id_staff_fte": "-1", "#id_volunteers": "9,5"},
    "geld": {"#id_financings-0-amount": "viel", "#id_financings-0-starts": "bald"},
    "belege": {"#id_key_figures-0-value": "x", "#id_references-0-url": "kein Link"},
    "huerden": {"#id_obstacles-0-text": ""},
    "kontakt": {"#id_email": "amt"},
}


@pytest.fixture
def body():
    return make_municipality(name=f"Musterhausen an der {LONG}")


@pytest.fixture
def member(body) -> User:
    return make_member("amt", body)


def task_list(project: Project) -> str:
    return f"/mitmachen/projekte/{project.pk}/"


def assert_error_first(page: Page) -> None:
    """A04: the title says it, the summary has the focus, its first link leads to a field."""
    expect(page).to_have_title(re.compile("^Fehler:"))
    expect(page.locator(".error-summary")).to_be_focused()


@zeal_ignore()
def one_of_each_status(body, member: User) -> list[Project]:
    moderator = make_moderator()
    made = [make_project(lead=body, title=f"Projekt {number} {LONG}", created_by=member) for number in range(7)]
    for project in made[1:]:
        workflow.submit(project, by=member)
    workflow.send_back(made[2], by=moderator, note=SENTENCE * 3, parts=["money"])
    workflow.reject(made[3], by=moderator, note=SENTENCE)
    for project in made[4:]:
        workflow.publish(project, by=None)
    workflow.archive(made[5], by=moderator)
    workflow.withdraw(made[6], by=moderator, note=SENTENCE)
    return [*made, workflow.open_copy(made[4], by=member)]


def test_my_projects_and_task_list_in_every_status(page_of, for_everybody, body, member):
    page = page_of(member)
    page.goto("/mitmachen/projekte/")
    expect(page.locator("main")).to_contain_text("Noch gibt es keine Projekte.")
    for_everybody(page)
    projects = one_of_each_status(body, member)
    page.goto("/mitmachen/projekte/")
    for_everybody(page)
    for project in projects:
        page.goto(task_list(project))
        expect(page.get_by_role("heading", level=1)).to_have_text(project.title)
        for_everybody(page)


@pytest.mark.check("A01", "A04")
def test_first_step_empty_with_errors_and_with_a_hint(page_of, for_everybody, body, member):
    page = page_of(member)
    page.goto("/mitmachen/projekte/neu/")
    for_everybody(page)
    page.get_by_role("button", name="Entwurf anlegen").click()
    assert_error_first(page)
    for_everybody(page)
    make_project(lead=body, title="Sprachcafé im Rathaus")
    page.fill("#id_title", "Sprachcafé im Rathaus")
    page.get_by_label("laufend").check()
    page.get_by_role("button", name="Entwurf anlegen").click()
    expect(page.get_by_role("button", name="Trotzdem neu anlegen")).to_be_visible()
    for_everybody(page)


def test_without_a_municipality(page_of, for_everybody):
    page = page_of(make_person("neu"))
    for address in ("", "neu/"):
        page.goto(f"/mitmachen/projekte/{address}")
        for_everybody(page)


@pytest.mark.check("A01")
@pytest.mark.parametrize("slug", PARTS)
def test_part_empty_full_and_with_errors(page_of, for_everybody, body, member, slug):
    page = page_of(member)
    page.goto(f"{task_list(make_project(lead=body))}{slug}/")
    for_everybody(page)
    page.goto(f"{task_list(full_project(body))}{slug}/")
    for_everybody(page)
    if slug == "bilder":
        page.get_by_role("button", name="Bild speichern").click()
    elif slug in MISTAKES:
        for field, text in MISTAKES[slug].items():
            page.fill(field, text)
        page.get_by_role("button", name=SAVE).click()
    else:
        return
    assert_error_first(page)
    for_everybody(page)
    page.locator(".error-summary a").first.click()
    assert page.evaluate("document.activeElement.matches('input, textarea, select')")


@pytest.mark.parametrize("slug", ["kopf", "geld"])
def test_conflict_remembered_text_and_closed_project(page_of, for_everybody, body, member, slug):
    project, colleague = full_project(body), make_member("kollegin", body)
    page, other = page_of(member), page_of(colleague)
    address = f"{task_list(project)}{slug}/"
    field = {"kopf": "#id_partners", "geld": "#id_financings-0-note"}[slug]
    page.goto(address)
    other.goto(address)
    other.fill(field, "Text der Kollegin")
    other.get_by_role("button", name=SAVE).click()
    page.fill(field, SENTENCE[:150])
    page.get_by_role("button", name=SAVE).click()
    expect(page.locator(".both-texts__text").nth(1)).to_contain_text("Text der Kollegin")
    assert_error_first(page)
    for_everybody(page)
    page.goto(address)
    expect(page.locator("main")).to_contain_text("Hier steht wieder")
    for_everybody(page)
    workflow.submit(project, by=colleague)
    page.get_by_role("button", name=SAVE).click()
    expect(page.locator("main")).to_contain_text(SENTENCE[:150].strip())
    assert_error_first(page)
    for_everybody(page)


def test_check_page_incomplete_full_without_consents_and_overtaken(page_of, for_everybody, body, member):
    page = page_of(member)
    page.goto(f"{task_list(make_project(lead=body, summary='', topics=()))}pruefen/")
    assert_error_first(page)
    for_everybody(page)
    project = full_project(body)
    page.goto(f"{task_list(project)}pruefen/")
    for_everybody(page)
    page.get_by_role("button", name="Projekt absenden").click()
    assert_error_first(page)
    for_everybody(page)
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    Project.objects.filter(pk=project.pk).update(version=project.version + 1)
    page.get_by_role("button", name="Projekt absenden").click()
    expect(page.locator(".error-summary")).to_contain_text("inzwischen geändert")
    assert_error_first(page)
    for_everybody(page)


def test_preview_deletion_and_taking_over(page_of, for_everybody, body, member):
    page = page_of(member)
    draft = full_project(body)
    for address in ("vorschau/", "loeschen/"):
        page.goto(task_list(draft) + address)
        for_everybody(page)
    source = make_project(title="Vorbild", status=Status.SUBMITTED)
    workflow.publish(source, by=None)
    page.goto(f"{source.get_absolute_url()}uebernehmen/")
    for_everybody(page)
    make_member("zwei", make_municipality())
    expect(page.get_by_label("In welche Kommune?")).to_be_visible()


@pytest.mark.check("A03")
@pytest.mark.parametrize("width", [320, 1280])
def test_part_with_rows_is_filled_in_by_keyboard_alone(page_of, body, member, width):
    project, page = make_project(lead=body), page_of(member, width)
    page.goto(f"{task_list(project)}geld/")
    page.keyboard.press("Tab")
    assert "Zum Inhalt" in focused(page)
    tab_to(page, "Wer gibt das Geld?")
    page.keyboard.type("Land Niedersachsen")
    tab_to(page, "Ebene")
    page.keyboard.type("Land")
    passed = tab_to(page, "Geldquelle hinzufügen")
    order = [
        next(at for at, name in enumerate(passed) if word in name) for word in ("Art", "Betrag", "Von", "entfernen")
    ]
    assert order == sorted(order)
    page.keyboard.press("Enter")
    expect(page.locator("[data-rows-status]")).to_have_text("Geldquelle hinzugefügt")
    assert "Wer gibt das Geld?" in focused(page)
    page.keyboard.type("Irrtum")
    tab_to(page, "Geldquelle 2 entfernen")
    page.keyboard.press("Enter")
    assert "Geldquelle hinzufügen" in focused(page)
    tab_to(page, "Speichern und zur Übersicht")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{task_list(project)}")
    assert [row.source.name for row in project.financings.select_related("source")] == ["Land Niedersachsen"]
    leave_at_the_end(page)
