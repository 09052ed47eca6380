"""One table of every address × visitor: an address without a row fails (S01), and no draft shows anywhere (S05)."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from municipalities.models import User
from projects import adoptions, confirmation, indexes
from projects.models import Adoption, Contact, Enquiry, Project, Subscription
from tests.access_world import WAYS, World
from tests.factories import make_funding_source, make_project
from tests.projects.obstacles import make_category, make_entry

VISITORS = ("anonymous", "stranger", "author", "moderator", "admin")
EVERYBODY = dict.fromkeys(VISITORS, 200)
MOVED = dict.fromkeys(VISITORS, 301)
GONE = dict.fromkeys(VISITORS, 410)
HIDDEN = dict.fromkeys(VISITORS, 404)
ONLY_AUTHOR = {**HIDDEN, "author": 200}
SIGNED_IN = {**EVERYBODY, "anonymous": 302}
NEVER_READ = dict.fromkeys(VISITORS, 405)
AUTHOR_AND_DESK = {**ONLY_AUTHOR, "moderator": 200, "admin": 200}


def of(name: str):
    """Address arguments of one of the world's projects."""
    return lambda world: {"pk": getattr(world, name).pk, "slug": getattr(world, name).slug}


def pk_of(name: str):
    return lambda world: {"pk": getattr(world, name).pk}


def membership_of(visitor: str):
    return lambda world: {"pk": world.people[visitor].memberships.get().pk}


def picture_of(name: str):
    """Address arguments of a picture of one of the world's projects."""

    def arguments(world: World) -> dict:
        file = default_storage.save("projekte/x-300.webp", ContentFile(b"RIFF"))
        row = getattr(world, name).pictures.create(
            file=file, width=300, height=200, alt="Haus", credit="Stadt", rights_confirmed=True
        )
        return {"pk": row.pk, "width": 300}

    return arguments


def paper_of(name: str):
    def arguments(world: World) -> dict:
        file = default_storage.save("papiere/x.pdf", ContentFile(b"%PDF-"))
        return {"pk": getattr(world, name).attachments.create(file=file, size=5, title="Konzept").pk}

    return arguments


def confirmation_of(name: str):
    """The signed link that a letter to the municipality carries."""
    return lambda world: {"token": confirmation.link(getattr(world, name)).split("/")[-2]}


def adoption_of(name: str, state: str = "published"):
    """Address arguments of the author's statement that their municipality took over the stranger's project."""

    def arguments(world: World) -> dict:
        origin = make_project(lead=world.people["stranger"].memberships.get().municipality, status=name)
        return {"pk": origin.adoptions.create(municipality=world.municipality, what="Alles", state=state).pk}

    return arguments


def english_of(name: str):
    return lambda world: {"pk": getattr(world, name).pk, "language": "en"}


def adoption_link_of(state: str):
    """The signed link that a letter to the origin carries."""

    def arguments(world: World) -> dict:
        adoption = Adoption.objects.get(pk=adoption_of("published", state)(world)["pk"])
        return {"token": adoptions.link(adoption).split("/")[-2]}

    return arguments


def enquiry_in(state: str, days: int = 30, with_slug: bool = True):
    """Address arguments of a Gesuch of the author's municipality that ends in so many days."""

    def arguments(world: World) -> dict:
        dates = {"published_at": timezone.now(), "expires_on": timezone.localdate() + timedelta(days)}
        enquiry = Enquiry.objects.create(
            municipality=world.municipality, title="Wer hat Rat?", text="Wir suchen.", state=state,
            created_by=world.people["author"], **(dates if state in ("published", "closed") else {}),
        )  # fmt: skip
        return {"pk": enquiry.pk, "slug": enquiry.slug} if with_slug else {"pk": enquiry.pk}

    return arguments


def entry_of_register(*, pk: int = 0, with_slug: bool = True, is_merged: bool = False):
    """Address arguments of an entry of the register of obstacles."""

    def arguments(world: World) -> dict:
        entry = make_entry(merged_into=make_entry("Anderer Eintrag") if is_merged else None)
        return {"pk": pk or entry.pk, "slug": entry.slug} if with_slug else {"pk": entry.pk}

    return arguments


def obstacle_group(level: str):
    return lambda world: {"category": make_category().slug, "level": level}


def subscription(world: World) -> dict:
    """Address arguments of an ordered selection; whoever has its key may confirm and end it."""
    return {"token": Subscription.objects.create(email="leserin@example.org", frequency="daily").token}


def contact_of(name: str):
    """Address arguments of one of the world's projects, whose contact can be written to."""

    def arguments(world: World) -> dict:
        project = getattr(world, name)
        office = Contact.objects.create(function="Büro", organisation="Stadt", email="buero@example.org")
        Project.objects.filter(pk=project.pk).update(contact=office)
        return {"pk": project.pk, "slug": project.slug}

    return arguments


def part_of(name: str):
    """Address arguments of a part of one of the world's projects."""
    return lambda world: {"pk": getattr(world, name).pk, "part": "kopf"}


def source_of(name: str):
    """Address arguments of who gives money to one of the world's projects and to nobody else."""

    def arguments(world: World) -> dict:
        source = make_funding_source(f"Stiftung {name}", "foundation")
        getattr(world, name).financings.create(source=source, level=source.level)
        indexes.update(getattr(world, name))
        return {"pk": source.pk, "slug": source.slug}

    return arguments


def nothing(world: World) -> dict:
    return {}


def body(world: World) -> dict:
    return {"key": world.municipality.key, "slug": world.municipality.slug}


# (name of the address, arguments from the world, status for each visitor); one row here for an address about a project:
# test_access_statuses.py has it in every status
READING = [
    ("metrics", nothing, HIDDEN),  # for the operator's token only, see test_metrics.py
    ("projects:home", nothing, EVERYBODY),
    ("projects:list", nothing, EVERYBODY),
    ("projects:detail", of("published"), EVERYBODY),
    ("projects:detail_without_slug", pk_of("published"), MOVED),
    ("projects:council_paper", of("published"), EVERYBODY),
    ("projects:contact", contact_of("published"), EVERYBODY),
    ("projects:contact", of("published"), HIDDEN),  # nobody to write to
    ("projects:municipalities", nothing, EVERYBODY),
    ("projects:municipality", body, EVERYBODY),
    ("projects:municipality", lambda world: {"key": "03999", "slug": "nirgends"}, HIDDEN),
    ("projects:comparable", body, EVERYBODY),
    ("projects:comparable", lambda world: {"key": "03999", "slug": "nirgends"}, HIDDEN),
    ("projects:comparable_csv", body, EVERYBODY),
    ("projects:comparable_csv", lambda world: {"key": "03999", "slug": "nirgends"}, HIDDEN),
    ("projects:municipality_without_slug", lambda world: {"key": world.municipality.key}, MOVED),
    ("projects:funding", nothing, EVERYBODY),
    ("projects:funding_programme", lambda world: {"slug": world.programme.slug}, EVERYBODY),
    ("projects:funding_source", source_of("published"), EVERYBODY),
    ("projects:funding_source", source_of("draft"), HIDDEN),  # that a draft names somebody stays unknown
    ("projects:topics", nothing, EVERYBODY),
    ("projects:topic", lambda world: {"slug": world.topic.slug}, EVERYBODY),
    ("projects:insights", nothing, EVERYBODY),
    ("projects:financing", nothing, EVERYBODY),
    ("projects:financing_csv", nothing, EVERYBODY),
    ("projects:staffing", nothing, EVERYBODY),
    ("projects:staffing_csv", nothing, EVERYBODY),
    ("projects:obstacles", nothing, EVERYBODY),
    ("projects:obstacles_csv", nothing, EVERYBODY),
    ("projects:obstacle_cases_csv", nothing, EVERYBODY),
    ("projects:obstacle_report", nothing, EVERYBODY),
    ("projects:shared_obstacle", entry_of_register(), EVERYBODY),
    ("projects:shared_obstacle", entry_of_register(pk=999_999), HIDDEN),
    ("projects:shared_obstacle", entry_of_register(is_merged=True), MOVED),
    ("projects:shared_obstacle_without_slug", entry_of_register(with_slug=False), MOVED),
    ("projects:obstacle_group", obstacle_group("state"), EVERYBODY),
    ("projects:obstacle_group", obstacle_group("nowhere"), HIDDEN),
    ("projects:ended", nothing, EVERYBODY),
    ("projects:ended_csv", nothing, EVERYBODY),
    ("projects:white_spots", nothing, EVERYBODY),
    ("projects:white_spots_csv", nothing, EVERYBODY),
    ("projects:contribute", nothing, EVERYBODY),
    ("projects:help", nothing, EVERYBODY),
    ("projects:help_reading", nothing, EVERYBODY),
    ("projects:help_submitting", nothing, EVERYBODY),
    ("projects:help_moderating", nothing, EVERYBODY),
    ("projects:data_sources", nothing, EVERYBODY),
    ("projects:codebook", nothing, EVERYBODY),
    ("projects:codebook_csv", nothing, EVERYBODY),
    ("projects:project_csv", nothing, EVERYBODY),
    ("projects:project_csv_for_programs", nothing, EVERYBODY),
    ("projects:whole_mosaic", nothing, EVERYBODY),
    ("projects:api", nothing, EVERYBODY),
    ("projects:openapi", nothing, EVERYBODY),
    ("projects:api_start", nothing, dict.fromkeys(VISITORS, 302)),
    ("projects:api_projects", nothing, EVERYBODY),
    ("projects:api_project", pk_of("published"), EVERYBODY),
    ("projects:api_municipalities", nothing, EVERYBODY),
    ("projects:api_municipality", lambda world: {"key": world.municipality.key}, EVERYBODY),
    ("projects:api_programmes", nothing, EVERYBODY),
    ("projects:api_vocabularies", nothing, EVERYBODY),
    ("projects:api_missing", lambda world: {"path": "gibt-es-nicht"}, HIDDEN),
    ("projects:catalogue_json_ld", nothing, EVERYBODY),
    ("projects:catalogue_turtle", nothing, EVERYBODY),
    ("projects:sitemap", nothing, EVERYBODY),
    ("projects:sitemap_pages", nothing, EVERYBODY),
    ("projects:sitemap_municipalities", nothing, EVERYBODY),
    ("projects:sitemap_projects", lambda world: {"part": 1}, EVERYBODY),
    ("projects:sitemap_projects", lambda world: {"part": 2}, HIDDEN),
    ("projects:robots", nothing, EVERYBODY),
    ("projects:security", nothing, EVERYBODY),
    ("projects:opensearch", nothing, EVERYBODY),
    ("projects:manifest", nothing, EVERYBODY),
    ("projects:share_picture", pk_of("published"), EVERYBODY),
    ("projects:imprint", nothing, EVERYBODY),
    ("projects:privacy", nothing, EVERYBODY),
    ("projects:accessibility", nothing, EVERYBODY),
    ("projects:report_barrier", nothing, EVERYBODY),
    ("projects:easy_language", nothing, EVERYBODY),
    ("projects:sign_language", nothing, EVERYBODY),
    ("projects:kept", nothing, EVERYBODY),
    ("projects:kept_csv", nothing, EVERYBODY),
    ("projects:compare", nothing, EVERYBODY),
    ("projects:compare_csv", nothing, EVERYBODY),
    ("projects:feed", nothing, EVERYBODY),
    ("projects:subscribe", nothing, EVERYBODY),
    ("projects:confirm_subscription", subscription, EVERYBODY),
    ("projects:confirm_subscription", lambda world: {"token": uuid4()}, GONE),
    ("projects:end_subscription", subscription, EVERYBODY),
    ("projects:end_subscription", lambda world: {"token": uuid4()}, GONE),
    ("projects:funding_check", nothing, EVERYBODY),
    ("projects:funding_check_csv", nothing, EVERYBODY),
    ("projects:funding_deadlines", nothing, EVERYBODY),
    ("projects:confirm", confirmation_of("published"), EVERYBODY),
    ("projects:confirm", lambda world: {"token": "forged"}, GONE),
    ("projects:demo_letters", nothing, HIDDEN),
    ("projects:picture", picture_of("published"), EVERYBODY),
    ("projects:picture", picture_of("draft"), ONLY_AUTHOR),
    ("projects:attachment", paper_of("published"), EVERYBODY),
    ("projects:attachment", paper_of("draft"), ONLY_AUTHOR),
    ("projects:part_pictures", pk_of("draft"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:my_projects", nothing, SIGNED_IN),
    ("projects:new_project", nothing, SIGNED_IN),
    ("projects:task_list", pk_of("draft"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:part", part_of("draft"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:remember", part_of("draft"), NEVER_READ),
    ("projects:check", pk_of("draft"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:send", pk_of("draft"), {**HIDDEN, "anonymous": 302, "author": 302}),
    ("projects:preview", pk_of("submitted"), {**AUTHOR_AND_DESK, "anonymous": 302}),
    ("projects:delete_draft", pk_of("draft"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:revise", pk_of("published"), NEVER_READ),
    ("projects:confirm_own", pk_of("published"), NEVER_READ),
    ("projects:adopt", of("published"), SIGNED_IN),
    ("projects:state_adoption", of("published"), {**SIGNED_IN, "author": 302}),  # not one's own project
    ("projects:interest", of("published"), NEVER_READ),
    ("projects:my_adoptions", nothing, SIGNED_IN),
    ("projects:adoption", adoption_of("published"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:adoption", adoption_of("published", "declined"), {**HIDDEN, "anonymous": 302}),
    ("projects:withdraw_adoption", adoption_of("published"), NEVER_READ),
    ("projects:project_adoptions", pk_of("published"), {**AUTHOR_AND_DESK, "anonymous": 302}),
    ("projects:easy_project", of("published"), HIDDEN),  # until there is one: tests/projects/test_text_versions.py
    ("projects:text_versions", pk_of("published"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:text_version", english_of("published"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:remove_text_version", english_of("published"), NEVER_READ),
    ("projects:adoption_link", adoption_link_of("published"), EVERYBODY),
    ("projects:adoption_link", adoption_link_of("declined"), EVERYBODY),
    ("projects:adoption_link", adoption_link_of("proposed"), GONE),
    ("projects:adoption_link", lambda world: {"token": "forged"}, GONE),
    ("projects:adopted", nothing, EVERYBODY),
    ("projects:adopted_csv", nothing, EVERYBODY),
    ("projects:enquiries", nothing, EVERYBODY),
    ("projects:enquiry", enquiry_in("published"), EVERYBODY),
    ("projects:enquiry", enquiry_in("published", -1), GONE),
    ("projects:enquiry", enquiry_in("closed"), GONE),
    ("projects:enquiry", enquiry_in("submitted"), HIDDEN),
    ("projects:enquiry", enquiry_in("rejected"), HIDDEN),
    ("projects:answer_enquiry", enquiry_in("published"), EVERYBODY),
    ("projects:answer_enquiry", enquiry_in("published", -1), GONE),
    ("projects:answer_enquiry", enquiry_in("submitted"), HIDDEN),
    ("projects:my_enquiries", nothing, SIGNED_IN),
    ("projects:new_enquiry", nothing, SIGNED_IN),
    ("projects:edit_enquiry", enquiry_in("submitted", with_slug=False), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:edit_enquiry", enquiry_in("published", with_slug=False), {**HIDDEN, "anonymous": 302}),
    ("projects:extend_enquiry", enquiry_in("published", with_slug=False), NEVER_READ),
    ("projects:end_enquiry", enquiry_in("published", with_slug=False), NEVER_READ),
    ("projects:account", nothing, SIGNED_IN),
    ("projects:change_name", nothing, SIGNED_IN),
    ("projects:close_account", nothing, SIGNED_IN),
    ("projects:ask_membership", nothing, SIGNED_IN),
    ("projects:end_own_membership", membership_of("author"), {**ONLY_AUTHOR, "anonymous": 302}),
    ("projects:people", nothing, {**HIDDEN, "anonymous": 302}),  # for coordinators; test_people_views.py
    ("projects:person", membership_of("author"), {**HIDDEN, "anonymous": 302}),
]
# Addresses of the account pages and the admin are allauth's and Django's; their own tests walk them.
ELSEWHERE = ("account_", "mfa_", "usersessions_", "admin:", "socialaccount_")
NAMELESS = {"livez", "readyz", "favicon.ico"}  # asked for by programs; nothing of the mosaic is in them


@pytest.mark.check("S01")
@pytest.mark.parametrize(("name", "arguments", "expected"), READING)
def test_reading_address_answers_every_visitor_as_the_table_says(world, name, arguments, expected):
    path = reverse(name, kwargs=arguments(world)) if ":" in name else f"/{name}"
    found = {}
    for visitor in VISITORS:
        response = world.clients[visitor].get(path)
        response.getvalue()  # read to its end: files are closed by that
        found[visitor] = response.status_code
    assert found == expected


@pytest.mark.check("S02")
@pytest.mark.parametrize(("name", "arguments", "expected"), READING)
def test_reading_address_refuses_to_write(world, name, arguments, expected):
    if name in ("projects:report_barrier", "projects:confirm", "projects:contact"):
        pytest.skip(
            "forms for everybody; test_feedback.py, test_confirmation.py and test_contact.py in tests/projects/"
        )
    if name in ("projects:subscribe", "projects:confirm_subscription", "projects:end_subscription"):
        pytest.skip("forms for everybody; tests/projects/test_subscriptions.py")
    if name in ("projects:change_name", "projects:close_account", "projects:ask_membership"):
        pytest.skip("forms of everybody's own account; tests/projects/test_people_views.py")
    if name in ("projects:adoption_link", "projects:answer_enquiry"):
        pytest.skip("forms for everybody; test_adoption_pages.py and test_enquiry_pages.py in tests/projects/")
    if name in ("projects:state_adoption", "projects:new_enquiry"):
        pytest.skip("without a municipality they only say how to get one; the same tests")
    if name in ("projects:new_project", "projects:adopt"):
        pytest.skip("without a municipality they only say how to get one; tests/projects/test_submission.py")
    path = reverse(name, kwargs=arguments(world))
    for method in ("post", "put", "delete", "patch"):
        assert getattr(world.clients["admin"], method)(path).status_code in (404, 405)


def named_addresses(patterns, prefix: str = "", *, with_nameless: bool = False) -> set[str]:
    """Names of all addresses below these patterns, with their namespace; what has no name by its route, if wanted."""
    found = set()
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= named_addresses(pattern.url_patterns, namespace, with_nameless=with_nameless)
        elif pattern.name or with_nameless:
            found.add(prefix + (pattern.name or str(pattern.pattern)))
    return found


@pytest.mark.check("S01")
def test_every_address_has_a_row():
    known = {name for name, *_rest in READING} | NAMELESS
    addresses = named_addresses(get_resolver().url_patterns, with_nameless=True)
    assert {name for name in addresses if not name.startswith(ELSEWHERE)} - known == set()


@pytest.mark.check("S05")
def test_draft_is_in_no_list_search_count_or_page(world):
    """S05: the draft's title and the number of projects give nothing away."""
    anonymous = world.clients["anonymous"]
    source = make_funding_source()
    for project in (world.published, world.draft):
        project.financings.create(source=source, programme=world.programme, level="state")
        indexes.update(project)
    pages = [
        reverse("projects:home"),
        reverse("projects:list"),
        reverse("projects:list") + "?q=draft",
        reverse("projects:topic", args=["housing"]),
        world.municipality.get_absolute_url(),
        world.published.get_absolute_url(),
        reverse("projects:funding"),
        reverse("projects:feed"),
        reverse("projects:kept") + "?" + urlencode({"id": range(1, 50)}, doseq=True),
        reverse("projects:funding_check") + f"?municipality={world.municipality.key}",
    ]
    for page in pages:
        text = anonymous.get(page).content.decode()
        for state in WAYS.keys() - {"published", "copy_taken_over"}:
            assert getattr(world, state).title not in text, (page, state)
    counts = {"home": "<dd><strong>6</strong>", "list": ">6 Projekte<", "funding": " 1 Projekt im "}
    for page, count in counts.items():  # one is published, five have working copies
        assert count in anonymous.get(reverse(f"projects:{page}")).content.decode(), page


@pytest.mark.check("S06")
def test_staff_without_second_factor_reaches_nothing_but_its_set_up(world):
    client = Client()
    person = User.objects.create_superuser("neu@example.org")
    client.force_login(person)
    for path in (reverse("projects:home"), reverse("admin:index")):
        assert client.get(path, follow=True).redirect_chain[-1][0].startswith(reverse("mfa_activate_totp"))


@pytest.mark.parametrize("visitor", ["anonymous", "stranger", "author"])
def test_admin_is_closed_to_others(world, visitor):
    response = world.clients[visitor].get(reverse("admin:municipalities_municipality_changelist"))
    assert response.status_code in (302, 403)
    assert "Beispielstadt" not in response.content.decode()
