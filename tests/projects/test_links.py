"""Dead links: which addresses are checked, what counts as dead, who is told, and that no page ever asks outside."""

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from projects import links, story
from projects.models import (
    Contact,
    FundingProgramme,
    FundingSource,
    LinkCheck,
    Outcome,
    ProgrammeReference,
    Project,
    Reference,
    Status,
)
from tests.factories import make_municipality, make_project
from tests.projects.desk import moderator_client, review_url, text_of
from tests.projects.link_zoo import Zoo, opened
from tests.projects.steps import make_member, project_in
from tests.projects.submitting import client_of
from tests.test_pages import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]
ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _several_requests(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


@pytest.fixture
def zoo() -> Iterator[Zoo]:
    with opened() as found:
        yield found


def published_with(*urls: str, **fields) -> Project:
    project = project_in(Status.PUBLISHED, **fields)
    for number, url in enumerate(urls, start=1):
        Reference.objects.create(project=project, number=number, url=url, publisher="Stadt")
    return project


def checked(zoo: Zoo, days: int = 0, hours: float = 0, limit: int = 100) -> links.Result:
    """What the command does, so long after Monday night."""
    links.take_stock()
    return links.check_due(zoo.prober(), limit, MONDAY + timedelta(days=days, hours=hours))


def made_dead(url: str, **fields) -> LinkCheck:
    values = {"outcome": Outcome.NOT_FOUND, "status_code": 404, "failures": 3, "checked_at": MONDAY}
    days = {"failing_since": MONDAY.date(), "failed_on": MONDAY.date() + timedelta(days=2)}
    return LinkCheck.objects.create(url=url, **values, **days, **fields)


# --- which addresses --------------------------------------------------------------------------------------------------


def test_every_column_with_an_address_is_checked():
    covered = {rows.model._meta.get_field(field) for rows, field in links.rows_with_addresses()}
    own = {"Letter.unsubscribe_url", "LinkCheck.url", "LinkCheck.moved_to"}  # of this portal, or of the check itself
    there = [
        field
        for app in ("projects", "municipalities")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.URLField) and f"{model.__name__}.{field.name}" not in own
    ]
    assert set(there) == covered


def test_what_readers_see_is_checked_and_drafts_are_not():
    shown, hidden = (
        Contact.objects.create(
            function="Büro", organisation="Stadt", website=f"https://a.example/{level}", public_level=level
        )
        for level in ("all", "function")
    )
    project = published_with(
        "https://a.example/quelle", "", contact=shown, approach="Siehe [hier](https://a.example/t?a=1&b=2)."
    )
    project_in(Status.PUBLISHED, contact=hidden)
    draft = make_project(approach="Siehe [dort](https://a.example/entwurf).")
    Reference.objects.create(project=draft, number=1, url="https://a.example/entwurf-quelle", publisher="Stadt")
    FundingSource.objects.create(name="Stiftung", level="foundation", website="https://a.example/stiftung")
    programme = make_programme()
    ProgrammeReference.objects.create(
        programme=programme, number=1, url="https://a.example/richtlinie", publisher="Land"
    )
    links.take_stock()
    found = {row.url.removeprefix("https://a.example/"): row.in_texts for row in LinkCheck.objects.all()}
    text = [project.pk]
    assert found == {"quelle": [], "all": [], "t?a=1&b=2": text, "stiftung": [], "richtlinie": []}
    Project.objects.filter(pk=project.pk).update(approach="Ohne Link.")
    Reference.objects.filter(project=project).delete()
    links.take_stock()
    assert {row.url for row in LinkCheck.objects.all()} == {
        f"https://a.example/{path}" for path in ("all", "stiftung", "richtlinie")
    }


def make_programme() -> FundingProgramme:
    return FundingProgramme.objects.create(
        slug="beispiel", name="Beispiel", provider="Land", level="state", description="…", checked_on=MONDAY.date()
    )


def test_addresses_of_a_text_are_those_that_readers_can_follow():
    text = "[Eins](https://a.example/1), [Post](mailto:a@b.example), [Zwei](http://b.example), [3], [x](javascript:y)"
    assert story.addresses(text) == {"https://a.example/1", "http://b.example"}


# --- what counts as dead ----------------------------------------------------------------------------------------------


def test_address_is_dead_after_failures_on_three_days_and_alive_with_one_answer(zoo):
    published_with(zoo.url("/missing"), zoo.url("/ok"))
    row = LinkCheck.objects.filter(url=zoo.url("/missing"))
    for days, hours, failures in ((0, 0, 1), (0, 20.5, 1), (1, 18, 2), (2, 18, 3)):
        checked(zoo, days, hours)
        assert row.get().failures == failures
    assert list(LinkCheck.objects.dead()) == [row.get()]
    found = row.get()
    assert (found.outcome, found.status_code, found.failing_since.day, found.ok_at) == ("not_found", 404, 23, None)
    zoo.moods["/missing"] = 200
    checked(zoo, 4)
    found = row.get()
    assert (found.failures, found.failing_since, found.failed_on, found.outcome) == (0, None, None, "ok")
    assert found.ok_at == MONDAY + timedelta(days=4)


def test_program_that_is_denied_knows_nothing_and_counts_nothing(zoo):
    published_with(zoo.url("/denied"), zoo.url("/moved"))
    for days in (0, 7, 14):
        assert checked(zoo, days).failed == 0
    denied, moved = LinkCheck.objects.get(outcome=Outcome.DENIED), LinkCheck.objects.get(outcome=Outcome.OK)
    assert (denied.failures, denied.ok_at) == (0, None)
    assert (moved.moved_to, moved.redirects) == (zoo.url("/ok"), 1)


def test_what_answered_is_asked_weekly_and_the_oldest_first(zoo):
    published_with(*(zoo.url(f"/ok#{number}") for number in range(3)))
    assert checked(zoo, limit=2).checked == 2
    assert checked(zoo, 1).checked == 1
    assert checked(zoo, 6, 12).checked == 0
    assert checked(zoo, 7).checked == 2
    assert len(zoo.asked) == 3  # places on one page are one page


def test_hosts_take_turns(zoo):
    rows = [LinkCheck(url=url) for url in ("http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://[half")]
    assert [row.url[7:] for row in links.taking_turns(rows)] == ["a/1", "b/1", "[half", "a/2", "a/3"]


def test_nothing_counts_while_nobody_at_all_can_be_reached(zoo):
    published_with("http://a.example/", "http://b.example/", "http://c.example/")
    with pytest.raises(links.NoNetworkError):
        checked(zoo)
    assert not LinkCheck.objects.exclude(checked_at=None).exists()
    published_with(zoo.url("/ok"))
    assert (checked(zoo).failed, LinkCheck.objects.filter(failures=1).count()) == (3, 3)


def test_command_goes_to_no_inner_address(zoo):
    published_with(zoo.url("/ok", "127.0.0.1"), "http://169.254.169.254/")
    out = StringIO()
    call_command("check_links", stdout=out)
    assert out.getvalue() == "Geprüft: 2, davon mit Fehler: 2. Tote Links: 0.\n"
    assert set(LinkCheck.objects.values_list("outcome", flat=True)) == {Outcome.INTERNAL}
    assert zoo.asked == []
    published_with("http://10.0.0.1/", "http://10.0.0.2/", "http://10.0.0.3/")
    with pytest.raises(CommandError, match="Kein einziger Server"):
        call_command("check_links", stdout=StringIO())


# --- who is told ------------------------------------------------------------------------------------------------------


def test_desk_lists_dead_links_with_every_place_and_its_editor(django_assert_num_queries):
    url = "https://a.example/weg"
    client, address = moderator_client(), reverse("admin:projects_linkcheck_changelist")
    contact = Contact.objects.create(function="Büro", organisation="Stadt", website=url, public_level="all")
    by_source = published_with(url, title="In den Quellen", contact=contact)
    by_text = published_with(title="Im Text", approach=f"Siehe [hier]({url}).")
    programme = make_programme()
    ProgrammeReference.objects.create(programme=programme, number=1, url=url, publisher="Land")
    made_dead(url, in_texts=[by_text.pk])
    LinkCheck.objects.create(
        url="https://a.example/ja", outcome="ok", checked_at=MONDAY, redirects=2, moved_to="https://b.example/neu"
    )
    page = text_of(client.get(address))
    assert "Seite nicht gefunden (404)" in page
    assert "23. November 2026" in page
    assert "https://a.example/ja" not in page
    places = [review_url(by_source), review_url(by_text)]
    places += [reverse(f"admin:projects_{row._meta.model_name}_change", args=[row.pk]) for row in (programme, contact)]
    for place in places:
        assert f'href="{place}"' in page
    assert "1 toter Link nach außen" in text_of(client.get("/admin/"))
    moved = text_of(client.get(f"{address}?state=moved"))
    assert "https://b.example/neu" in moved
    assert "erreichbar, nach 2 Umleitungen" in moved
    assert "https://a.example/weg" not in text_of(client.get(f"{address}?state=denied"))
    for state in ("failing", "unchecked", "all"):
        assert client.get(f"{address}?state={state}").status_code == 200
    for number in range(5):
        made_dead(f"{url}-{number}")
        published_with(f"{url}-{number}")
    with django_assert_num_queries(QUERIES_OF_LIST):
        client.get(address)
    for method in ("get", "post"):
        assert getattr(client, method)(reverse("admin:projects_linkcheck_add")).status_code == 403


QUERIES_OF_LIST = 12


def test_desk_says_the_day_as_it_is_in_lower_saxony():
    made_dead("https://a.example/weg", ok_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert "21. November 2026" in text_of(moderator_client().get(reverse("admin:projects_linkcheck_changelist")))


def test_municipality_reads_on_its_task_list_what_to_mend(django_assert_num_queries):
    lead = make_municipality()
    client = client_of(make_member("amt", lead))
    url = "https://a.example/weg"
    project = published_with("https://a.example/ok", url, lead=lead, approach=f"Siehe [hier]({url}).")
    address = reverse("projects:task_list", args=[project.pk])
    assert "ins Leere" not in text_of(client.get(address))
    made_dead(url)
    page = text_of(client.get(address))
    assert "2 Links führen ins Leere" in page
    assert f'Quelle 2: <a href="{url}"' in page
    assert "Seite nicht gefunden seit dem 23.\xa0November 2026".replace("\xa0", " ") in page.replace("\xa0", " ")
    assert "Über „Bearbeiten“" in page
    copy = Project.objects.get(
        pk=re.search(r"/(\d+)/$", client.post(reverse("projects:revise", args=[project.pk])).url)[1]
    )
    page = text_of(client.get(reverse("projects:task_list", args=[copy.pk])))
    assert f'href="{reverse("projects:part", args=[copy.pk, "belege"])}">im Teil „' in page
    assert f'href="{reverse("projects:part", args=[copy.pk, "geschichte"])}">im Teil „' in page
    Reference.objects.filter(project=copy, number=2).delete()
    Project.objects.filter(pk=copy.pk).update(approach="Ohne.")
    assert "ins Leere" not in text_of(client.get(reverse("projects:task_list", args=[copy.pk])))
    assert client.get(address).context["dead_links"]


def test_link_in_a_text_leads_to_the_part_where_it_stands():
    dead, longer = "https://a.example/weg", "https://a.example/weg/weiter"
    made_dead(dead)
    project = project_in(Status.PUBLISHED, approach=f"[Hier]({dead})", prerequisites=f"[Dort]({longer})")
    assert [link.part.name for link in links.dead_in(project)] == ["story"]
    project.help_offered = f"[Auch hier]({dead})"
    assert [link.part.name for link in links.dead_in(project)] == ["story", "transfer"]


# --- never while somebody waits ---------------------------------------------------------------------------------------


def test_no_page_connects_to_anything(examples, client, monkeypatch):
    """PostgreSQL is spoken to by libpq, which does not go through Python's sockets."""
    project = Project.objects.published().first()
    desk, staff = moderator_client(), client_of(make_member("amt", project.lead))
    made_dead(project.references.exclude(url="").first().url)

    def refuse(*args, **kwargs):
        raise AssertionError(f"connects: {args}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    for address in addresses():
        assert client.get(address).status_code in (200, 404), address
    for address in ("/admin/", reverse("admin:projects_linkcheck_changelist"), review_url(project)):
        assert desk.get(address).status_code == 200
    assert "führt ins Leere" in text_of(staff.get(reverse("projects:task_list", args=[project.pk])))
    with pytest.raises(AssertionError, match="connects"):
        socket.create_connection(("127.0.0.1", 9))
    assert Client().get("/livez").status_code == 200


def test_only_the_command_can_ask():
    of_portal = [
        path for app in ("projects", "municipalities", "integration_portal") for path in (ROOT / app).rglob("*.py")
    ]
    asking = {
        path.name for path in of_portal if re.search(r"import.*\blink_probe\b|from.*\blink_probe\b", path.read_text())
    }
    assert asking == {"check_links.py"}
