"""Every page of the desk in every state, for everybody, and its main job by keyboard alone."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from zeal import zeal_ignore

from municipalities import people
from municipalities.models import Host, Kind, Membership, User
from projects import workflow
from projects.models import BarrierReport, FundingSource, Project, Status, Topic
from tests.browser.states.keyboard import focused, leave_at_the_end, tab_to
from tests.browser.states.stage import LONG, SENTENCE, full_project, letters
from tests.browser.steps import follow
from tests.factories import make_funding_source, make_municipality, make_project, make_topic
from tests.projects.desk import review_url, with_second_factor
from tests.projects.steps import make_member, make_moderator, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.ignore_template_errors]
QUEUE = "/admin/projects/project/"


@pytest.fixture
def body():
    return make_municipality(name=f"Musterhausen an der {LONG}")


@pytest.fixture
def member(body) -> User:
    return make_member("amt", body)


@pytest.fixture
def moderator() -> User:
    return with_second_factor(make_moderator())


@pytest.fixture
def administrator() -> User:
    return with_second_factor(User.objects.create_superuser("admin@example.org"))


@zeal_ignore()
def submitted(body, member: User, **fields) -> Project:
    return workflow.submit(full_project(body, **fields), by=member)


@zeal_ignore()
def returned_and_back(body, member: User) -> Project:
    """Sent in a second time, changed in the meantime, with everything that the hints look for."""
    project = submitted(body, member, title=f"Lesepaten {LONG}")
    workflow.send_back(project, by=None, note=SENTENCE * 3, parts=["money", "story"])
    changed = {"approach": "Frau Dr. Muster, 0511 123456, fragt: m.muster@example.org", "cost_yearly": 5}
    Project.objects.filter(pk=project.pk).update(**changed)
    project.obstacles.first().delete()
    return workflow.submit(project, by=member)


@zeal_ignore()
def published(body, member: User, **fields) -> Project:
    """Public in its second version."""
    project = workflow.publish(submitted(body, member, **fields), by=None)
    copy = workflow.open_copy(project, by=member)
    Project.objects.filter(pk=copy.pk).update(summary=SENTENCE, approach="")
    Project.objects.filter(pk=copy.pk).update(approach=SENTENCE * 2)
    return workflow.publish(workflow.submit(copy, by=member), by=None)


def open_all(page: Page) -> None:
    """Every decision that is folded up."""
    for summary in page.locator(".decision > summary").all()[1:]:
        summary.click()


def error_first(page: Page) -> None:
    expect(page).to_have_title(re.compile("^Fehler:"))
    expect(page.locator(".error-summary")).to_be_focused()


@pytest.mark.check("A01")
def test_start_and_queue_empty_and_with_many(page_of, for_everybody, body, member, moderator, administrator):
    page = page_of(moderator)
    for address in ("/admin/", QUEUE):
        page.goto(address)
        for_everybody(page)
    with zeal_ignore():
        for number in range(60):
            project = make_project(lead=body, title=f"Projekt {number} {LONG}")
            workflow.submit(project, by=member)
    letters(5, member)
    for address in (QUEUE, f"{QUEUE}?kind=first&q=Projekt", f"{QUEUE}?status=all"):
        page.goto(address)
        expect(page.locator("#result_list tbody tr")).to_have_count(50)
        for_everybody(page)
    page = page_of(administrator)
    page.goto("/admin/")
    for_everybody(page)


@pytest.mark.check("A01")
def test_review_of_a_first_submission_and_each_form_with_errors(page_of, for_everybody, body, member, moderator):
    project = submitted(body, member)
    page = page_of(moderator)
    page.goto(review_url(project))
    for_everybody(page)
    open_all(page)
    for_everybody(page)
    for decision in ("Zurückgeben", "Ablehnen"):
        page.goto(review_url(project))
        page.locator("summary", has_text=decision).click()
        page.get_by_role("button", name=decision).click()
        error_first(page)
        for_everybody(page)
    page.goto(review_url(project))
    page.get_by_label("Abweichende Meinung mit dem Namen").check()
    page.get_by_role("button", name="Veröffentlichen").click()
    error_first(page)
    for_everybody(page)


def test_review_after_a_return_and_when_somebody_was_faster(page_of, for_everybody, body, member, moderator):
    project = returned_and_back(body, member)
    page = page_of(moderator)
    page.goto(review_url(project))
    expect(page.locator(".hints")).to_contain_text("Frau Dr. Muster")
    for_everybody(page)
    page.locator("summary", has_text="Ablehnen").click()
    page.get_by_role("textbox", name="Grund", exact=True).fill(SENTENCE)
    with zeal_ignore():
        workflow.send_back(project, by=None, note="schneller")
    page.get_by_role("button", name="Ablehnen").click()
    expect(page.locator(".error-summary")).to_contain_text(SENTENCE.strip())
    error_first(page)
    for_everybody(page)


def test_review_of_a_published_project_its_versions_and_its_working_copy(
    page_of, for_everybody, body, member, moderator
):
    project = published(body, member)
    page = page_of(moderator)
    page.goto(review_url(project))
    open_all(page)
    for_everybody(page)
    page.get_by_role("button", name="Mit anderem Projekt zusammenlegen").click()
    error_first(page)
    for_everybody(page)
    page.get_by_role("link", name="Fassung 1").click()
    expect(page.get_by_role("button", name="Fassung 1 wiederherstellen")).to_be_visible()
    for_everybody(page)
    with zeal_ignore():
        copy = workflow.open_copy(project, by=member)
        Project.objects.filter(pk=copy.pk).update(title=f"Anders {LONG}")
        workflow.submit(copy, by=member)
    page.goto(review_url(copy))
    expect(page.locator(".differences")).to_contain_text("Anders")
    for_everybody(page)


def test_two_keys_with_a_dissent_and_what_left_the_mosaic(page_of, for_everybody, settings, body, member, moderator):
    settings.TWO_KEY_APPROVAL = True
    project, page = submitted(body, member), page_of(moderator)
    council = with_second_factor(make_moderator("rat", Host.REFUGEE_COUNCIL))
    with zeal_ignore():
        workflow.approve(project, by=council, dissent=SENTENCE * 3, is_dissent_public=True)
    page.goto(review_url(project))
    expect(page.locator("main")).to_contain_text("Abweichende Meinung (öffentlich)")
    for_everybody(page)
    page.get_by_role("button", name="Veröffentlichen").click()
    page.goto(review_url(project))
    page.locator("summary", has_text="Zurückziehen").click()
    page.get_by_role("textbox", name="Grund", exact=True).fill(SENTENCE)
    page.get_by_role("button", name="Zurückziehen").click()
    expect(page.locator("main")).to_contain_text("Öffentlicher Grund")
    for_everybody(page)


def test_bulk_actions_ask_once_more(page_of, for_everybody, body, member, administrator):
    with zeal_ignore():
        for number in range(3):
            project = make_project(lead=body, title=f"Beendet {number}", stage="completed", end_reason=SENTENCE)
            workflow.publish(workflow.submit(project, by=member), by=None)
    page = page_of(administrator)
    page.goto(f"{QUEUE}?status=published")
    page.locator("#action-toggle").check()
    page.get_by_role("combobox", name="Aktion").select_option(label="Beendete archivieren")
    page.get_by_role("button", name="Ausführen").click()
    expect(page.get_by_role("button", name="Ja")).to_be_visible()
    for_everybody(page)
    page.get_by_role("button", name="Ja").click()
    expect(page.locator(".messagelist")).to_contain_text("3 Projekte archiviert")
    for_everybody(page)


def test_people_and_their_memberships(page_of, for_everybody, body, member, moderator, administrator):
    joint = make_municipality(kind=Kind.JOINT_MUNICIPALITY, name="Musterland")
    for number in range(3):
        people.ask(make_person(f"bittet{number}"), municipality=joint, organisation=LONG, note=SENTENCE * 5)
    asked = people.ask(make_person("rat"), host=Host.REFUGEE_COUNCIL)
    row = Membership.objects.filter(municipality=joint).first()
    page = page_of(administrator)
    for address in (
        reverse("admin:municipalities_membership_changelist"),
        reverse("admin:municipalities_membership_changelist") + "?state=all",
        reverse("admin:municipalities_membership_change", args=[row.pk]),
        reverse("admin:municipalities_membership_change", args=[asked.pk]),
        reverse("admin:municipalities_membership_change", args=[member.memberships.get().pk]),
        reverse("admin:municipalities_user_changelist"),
        reverse("admin:municipalities_user_add"),
        reverse("admin:municipalities_user_change", args=[member.pk]),
        reverse("admin:municipalities_user_access", args=[member.pk]),
        reverse("admin:municipalities_peoplechange_changelist"),
    ):
        page.goto(address)
        for_everybody(page)
    page.goto(reverse("admin:municipalities_user_access", args=[member.pk]))
    page.get_by_role("button", name="Sperren").click()
    error_first(page)
    for_everybody(page)


@pytest.mark.check("A01")
def test_tables_of_the_desk_empty_and_full(page_of, for_everybody, body, member, administrator):
    page = page_of(administrator)
    tables = "contact topic targetgroup obstaclecategory fundingsource fundingprogramme letter barrierreport".split()
    for table in tables:
        page.goto(reverse(f"admin:projects_{table}_changelist"))
        for_everybody(page)
    full_project(body)
    letters(6, member)
    BarrierReport.objects.create(page="/projekte/", text=SENTENCE * 10, name="Erika Muster")
    for table in tables:
        page.goto(reverse(f"admin:projects_{table}_changelist"))
        for_everybody(page)
        row = page.locator("#result_list tbody th a, #result_list tbody .field-created_at a").first
        if row.count():
            follow(row)
            for_everybody(page)


def test_forms_of_vocabularies_with_errors(page_of, for_everybody, administrator):
    make_topic(), make_funding_source()
    page = page_of(administrator)
    for model in (Topic, FundingSource):
        page.goto(reverse(f"admin:projects_{model._meta.model_name}_add"))
        for_everybody(page)
        page.get_by_role("button", name="Sichern", exact=True).click()
        expect(page.locator(".errornote")).to_be_visible()
        for_everybody(page)


# By keyboard alone


@pytest.mark.check("A03")
@pytest.mark.parametrize("width", [320, 1280])
def test_desk_works_by_keyboard_alone(page_of, body, member, moderator, width):
    """From the start page to the published project, and on the way a form that is opened and left again."""
    with zeal_ignore():
        project = workflow.submit(make_project(lead=body, title="Nähstube", cost_yearly=1), by=member)
    page = page_of(moderator, width)
    page.goto("/admin/")
    page.keyboard.press("Tab")
    assert focused(page).startswith("A "), "the skip link comes first"
    tab_to(page, "wartet auf eine Entscheidung")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/projects/project/")
    tab_to(page, "Nähstube")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{review_url(project)}")
    passed = tab_to(page, "Zurückgeben")
    order = [next(place for place, name in enumerate(passed) if words in name) for words in ("Notiz", "BUTTON Veröff")]
    assert order == sorted(order)
    page.keyboard.press("Enter")
    tab_to(page, "Grund in eigenen Worten")
    page.keyboard.type("Doch nicht.")
    for _step in range(40):
        page.keyboard.press("Shift+Tab")
        if "BUTTON Veröffentlichen" in focused(page):
            break
    page.keyboard.press("Space")
    expect(page.locator(".messagelist")).to_contain_text("„Nähstube“ ist veröffentlicht.")
    project.refresh_from_db()
    assert (project.status, project.status_changes.last().by) == (Status.PUBLISHED, moderator)
    leave_at_the_end(page)
