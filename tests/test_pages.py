"""What holds for every page that a reader can open: valid HTML, order of headings, budgets, queries, no cookie."""

import gzip
import itertools
import re
from datetime import date
from urllib.parse import urlencode

import html5lib
import pytest
from django.conf import settings
from django.urls import reverse
from zeal import zeal_ignore

from projects import fragments, shared_obstacles, workflow
from projects.models import Contact, FundingProgramme, Obstacle, Project
from tests.factories import make_municipality, make_project
from tests.projects.obstacles import make_entry

pytestmark = pytest.mark.django_db

STATIC_PAGES = (
    "home list municipalities funding topics contribute data_sources imprint privacy accessibility report_barrier "
    "easy_language sign_language insights financing staffing obstacles obstacle_report ended white_spots adopted "
    "enquiries codebook api help help_reading help_submitting help_moderating"
).split()
QUERIES = {
    "?topic=language&kind=county&sort=newest",
    "?q=Sprachkurse",
    "?q=nichtsdergleichen",
    "?view=map",
    "?near=034545407",
    "?like=Hildesheim",
    "?like=033545406003&like_min=0&like_view=economy&w_size=2.5",
    "?like=Atlantis",
    "?sort=cost_per_person",
}
ON_EVERY_PAGE = ("accessibility", "report_barrier", "easy_language", "sign_language", "imprint", "privacy")


def addresses() -> list[str]:
    """One address of every kind of page, and the list in its states."""
    project = Project.objects.get(import_key="willkommen-in-soegel")
    return [
        *(reverse(f"projects:{name}") for name in STATIC_PAGES),
        *(reverse("projects:list") + query for query in sorted(QUERIES)),
        project.get_absolute_url(),
        Project.objects.get(import_key="anonymer-krankenschein").get_absolute_url(),
        reverse("projects:council_paper", args=[project.pk, project.slug]),
        project.lead.get_absolute_url(),
        project.lead.county.get_absolute_url(),
        reverse("projects:comparable", args=[project.lead.key, project.lead.slug]),
        reverse("projects:comparable", args=[project.lead.county.key, project.lead.county.slug]) + "?w_size=1",
        reverse("projects:municipalities") + "?q=Sögel",
        reverse("projects:municipalities") + "?q=Nirgendwo",
        reverse("projects:topic", args=["language"]),
        FundingProgramme.objects.get(slug="amif").get_absolute_url(),
        *readers_addresses(project),
        *gaps_addresses(),
        "/gibt-es-nicht/",
    ]


def gaps_addresses() -> list[str]:
    """What stands in the way, what ended, what is missing, in their states."""
    entry = make_entry(category="funding_time_limited", state="raised", state_since=date(2026, 5, 3))
    obstacles = Obstacle.objects.filter(category__slug="funding_time_limited", level="state")
    shared_obstacles.add_cases(entry, obstacles.values_list("pk", flat=True)[:3])
    white_spots, ended = reverse("projects:white_spots"), reverse("projects:ended")
    return [
        entry.get_absolute_url(),
        reverse("projects:obstacle_group", args=["funding_time_limited", "unknown"]),
        reverse("projects:obstacles") + "?obstacle_level=state",
        reverse("projects:obstacle_report") + "?level=state",
        f"{ended}?cause=funding_ended",
        f"{ended}?topic=sport",
        f"{white_spots}?by=county",
        f"{white_spots}?by=kind&as=list",
    ]


def readers_addresses(project: Project) -> list[str]:
    """Merkliste, comparison, Förder-Check and subscription, each empty and full."""
    some = urlencode({"id": Project.objects.order_by("pk").values_list("pk", flat=True)[:4]}, doseq=True)
    return [
        reverse("projects:kept"),
        f"{reverse('projects:kept')}?{some}",
        f"{reverse('projects:kept')}?id={project.pk}&id=999999",
        f"{reverse('projects:compare')}?{some}",
        reverse("projects:compare"),
        reverse("projects:funding_check"),
        f"{reverse('projects:funding_check')}?municipality=034545407&topic=language",
        reverse("projects:subscribe"),
        f"{reverse('projects:subscribe')}?topic=language&gesendet=1",
    ]


@pytest.mark.check("A08", "A09", "S13")
def test_every_page_is_valid_html_with_ordered_headings_and_no_cookie(client, examples):
    for address in addresses():
        response = client.get(address)
        assert response.status_code == (404 if "gibt-es-nicht" in address else 200), address
        html = response.content.decode()
        html5lib.HTMLParser(strict=True).parse(html)
        levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
        assert levels.count(1) == 1, address
        assert levels[0] == 1, address
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (address, levels)
        ids = re.findall(r'\bid="([^"]*)"', html)
        assert len(ids) == len(set(ids)), (address, sorted(one for one in ids if ids.count(one) > 1))
        assert set(re.findall(r'aria-(?:labelledby|describedby)="([^"]*)"', html)) <= set(ids), address
        assert not response.cookies, address
        assert "Cookie" not in response.get("Vary", ""), address
        assert " style=" not in html, address
        assert "<style" not in html, address
        for name in ON_EVERY_PAGE:
            assert reverse(f"projects:{name}") in html, (address, name)


def test_titles_tell_pages_apart(client, examples):
    titles: dict[str, str] = {}  # of each page; its states may share one
    for address in addresses():
        html = client.get(address).content.decode()
        titles.setdefault(address.partition("?")[0], re.search(r"<title>(.*?)</title>", html, re.S)[1])
    assert len(set(titles.values())) == len(titles), sorted(titles.values())


@pytest.mark.check("S14")
def test_no_page_points_its_reader_to_another_host_for_its_parts(client, examples):
    for address in addresses():
        html = client.get(address).content.decode()
        parts = re.findall(r'<(?:link|script|img|iframe|source|use)\b[^>]*?(?:href|src|srcset)="([^"]*)"', html)
        foreign = [part for part in parts if "//" in part and not part.startswith(settings.SITE_URL)]
        assert foreign == [], address


@pytest.mark.check("A02")
def test_pages_stay_within_the_byte_budget(client, examples):
    """HTML at most 15 KB compressed (README, budgets)."""
    for address in addresses():
        assert len(gzip.compress(client.get(address).content)) <= 15_000, address


def test_internal_links_lead_somewhere(client, examples):
    """Every internal link of the main pages answers; a link that moved permanently points to the wrong address."""
    links = set()
    for address in addresses():
        html = client.get(address).content.decode()
        links |= {link.split("#")[0].replace("&amp;", "&") for link in re.findall(r'<a\b[^>]*href="(/[^"]*)"', html)}
    checked = {
        link
        for link in links
        if not link.startswith(("/konto/", "/admin/", "/mitmachen/projekte/", "/mitmachen/gesuche/", "/mitmachen/nach"))
        and "?" not in link
    }
    assert len(checked) > 100
    wrong = {link: status for link in checked if (status := client.get(link).status_code) != 200}
    assert wrong == {}


# Literal numbers: a page that asks once more says so here.
QUERY_COUNTS = {
    "home": 1,
    "list": 1,
    "topics": 2,
    "funding": 4,
    "municipalities": 1,
    "contribute": 1,
    "help": 0,
    "help_reading": 0,
    "help_submitting": 0,
    "help_moderating": 0,
    "easy_language": 1,
    "sign_language": 1,
}


@pytest.mark.check("R09")
@pytest.mark.parametrize("rows", [1, 30])
def test_pages_ask_the_database_the_same_number_of_times(client, django_assert_num_queries, rows, published):
    published(rows)
    for name, queries in QUERY_COUNTS.items():
        fragments.forget_everything()
        client.get(reverse(f"projects:{name}"))  # the process loads its copy of the facets once
        with django_assert_num_queries(queries, info=name):
            client.get(reverse(f"projects:{name}"))


@pytest.mark.check("R09")
def test_project_page_asks_six_times_and_then_once(client, django_assert_num_queries, examples):
    """The one is whether anything has changed since somebody read the page."""
    client.get(reverse("projects:list"))
    project = Project.objects.get(import_key="willkommen-in-soegel")
    project.contact = Contact.objects.create(function="Leitstelle", organisation="Rathaus", email="a@example.org")
    project.save()  # no example has one
    for queries in (6, 1):
        with django_assert_num_queries(queries):
            client.get(project.get_absolute_url())


def test_comparing_municipalities_asks_no_more_than_the_pages_do_without(client, django_assert_num_queries, examples):
    """The profiles of all bodies are read once a process; the list asks once more for cards that nobody has seen."""
    listed = reverse("projects:list") + "?like=Hildesheim"
    body = Project.objects.get(import_key="willkommen-in-soegel").lead
    ranking = reverse("projects:comparable", args=[body.key, body.slug])
    client.get(listed)
    for address, queries in ((listed, 1), (listed + "&like_view=nearby", 2), (ranking, 2), (ranking + "?w_size=1", 2)):
        with django_assert_num_queries(queries):
            client.get(address)


@pytest.mark.check("R09")
def test_search_for_a_new_word_asks_three_times(client, django_assert_num_queries, examples):
    """For the version of the index with the words it grows to, for the hits, and for their cards."""
    client.get(reverse("projects:list"))
    with django_assert_num_queries(3):
        client.get(reverse("projects:list") + "?q=Begegnung")
    with django_assert_num_queries(1):
        client.get(reverse("projects:list") + "?q=Begegnung")


@pytest.fixture
def published(db):
    """Publishes this many projects, as the workflow does."""

    @zeal_ignore()
    def publish(rows: int) -> None:
        lead = make_municipality()
        for _number in range(rows):
            workflow.publish(workflow.submit(make_project(lead=lead), by=None), by=None)

    return publish


BAD_QUERIES = [
    "q=" + "ä" * 100_000,
    "q=%00",
    "q=%ff%fe",
    "q=%ED%A0%80",
    "topic=gibtesnicht&kind=%27%3Bdrop",
    "page=99999999999999999999",
    "page=-1",
    "page=abc",
    "km=999&near=034545407",
    "near=xyz",
    "municipality=0345454070000000000000",
    "sort=schönste",
    "view=%3Cscript%3E",
    "like=x&like_min=-1&like_view=%00",
    "like=Hildesheim&like_min=71&like_view=x&w_size=nan&w_x=1&w_density=9999999999",
    "like=Hildesheim&" + "&".join(f"w_{number}=1" for number in range(3000)),
    "&".join(f"topic={number}" for number in range(3000)),
]


@pytest.mark.check("S19")
@pytest.mark.parametrize("query", BAD_QUERIES, ids=range(len(BAD_QUERIES)))
def test_bad_query_gets_a_german_answer_and_never_a_crash(client, examples, query):
    for address in (reverse("projects:list"), reverse("projects:municipalities")):
        response = client.get(f"{address}?{query}")
        assert response.status_code in (200, 400, 414)
        assert 'lang="de"' in response.content.decode()
