"""Pages that have not changed are not sent again; see test_caching_access.py for what may be kept by whom."""

import pytest
from django.test import Client
from django.urls import reverse

from integration_portal.caching import FOR_EVERYBODY
from projects import facets
from projects.models import Project
from tests.test_pages import addresses


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
