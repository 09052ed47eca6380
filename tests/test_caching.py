"""What may be kept by whom, for every address of the table in test_access.py."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from integration_portal.caching import FOR_EVERYBODY
from projects import facets
from projects.models import Project
from tests.test_access import READING
from tests.test_pages import addresses


def paths(world) -> Iterator[str]:  # noqa: F811 - see above
    """One after the other; what each needs is taken back before the next."""
    for name, arguments, _expected in READING:
        with zeal_ignore(), transaction.atomic():
            yield reverse(name, kwargs=arguments(world)) if ":" in name else f"/{name}"
            transaction.set_rollback(True)


def test_who_is_signed_in_gets_nothing_that_anybody_may_keep(world):  # noqa: F811 - see above
    """Whatever public answers there are to them are files that are the same for all, or end at once."""
    wrong = {}
    for path in paths(world):
        for visitor in ("stranger", "author", "admin"):
            response = world.clients[visitor].get(path)
            response.getvalue()
            control = response.headers.get("Cache-Control", "")
            is_page = response.headers.get("Content-Type", "").startswith("text/html")
            if control == FOR_EVERYBODY or (is_page and "no-store" not in control):
                wrong[path, visitor] = control
    assert wrong == {}


def test_pages_with_a_form_or_a_token_are_kept_by_nobody(world):  # noqa: F811 - see above
    kept = []
    for path in paths(world):
        response = world.clients["anonymous"].get(path)
        is_private = "csrfmiddlewaretoken" in response.getvalue().decode(errors="replace")
        if response.headers.get("Cache-Control") == FOR_EVERYBODY:
            assert not is_private, path
            assert not response.cookies, path
            assert "Cookie" not in response.headers.get("Vary", ""), path
            kept.append(path)
        match = response.resolver_match
        if match and "token" in match.kwargs:
            assert "public" not in response.headers.get("Cache-Control", ""), path
    assert len(kept) > 40


def test_pages_that_have_not_changed_are_not_sent_again(client, examples):
    sent = {}
    for address in addresses():
        first = client.get(address)
        if first.status_code == 200 and first.headers.get("Cache-Control") == FOR_EVERYBODY:
            again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
            sent[address] = again.status_code, again.content, again.headers["Cache-Control"]
    assert len(sent) > 30
    assert {address: found for address, found in sent.items() if found != (304, b"", FOR_EVERYBODY)} == {}


@pytest.mark.parametrize("name", ["list", "home", "financing"])
def test_pages_that_have_changed_are_sent_again(client, examples, name):
    first = client.get(reverse(f"projects:{name}"))
    for project in Project.objects.published():
        project.title, project.has_no_funding = "Neu", False
        project.save()
        project.financings.all().delete()
    facets.touch()
    again = client.get(reverse(f"projects:{name}"), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


def test_head_says_the_same_as_get(client, examples):
    for address in (reverse("projects:list"), Project.objects.published().first().get_absolute_url()):
        got, asked = client.get(address), client.head(address)
        assert (asked.headers["ETag"], asked.content) == (got.headers["ETag"], b"")


def test_a_browser_with_a_session_cookie_is_never_served_what_is_kept(client, examples):
    client.get(reverse("projects:list"))
    stranger = Client()
    stranger.cookies["session"] = "unknown"
    response = stranger.get(reverse("projects:list"))
    assert response.headers.get("Cache-Control") != FOR_EVERYBODY
