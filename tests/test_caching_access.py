"""What may be kept by whom, for every address of the table in test_access.py."""

from collections.abc import Iterator

from django.db import transaction
from django.urls import reverse
from zeal import zeal_ignore

from integration_portal.caching import FOR_EVERYBODY
from tests.test_access import READING


def paths(world) -> Iterator[str]:
    """One after the other; what each needs is taken back before the next."""
    for name, arguments, _expected in READING:
        with zeal_ignore(), transaction.atomic():
            yield reverse(name, kwargs=arguments(world)) if ":" in name else f"/{name}"
            transaction.set_rollback(True)


def test_who_is_signed_in_gets_nothing_that_anybody_may_keep(world):
    """Whatever public answers there are to them are files that are the same for all, or end at once."""
    wrong = {}
    for path in paths(world):
        for visitor in ("stranger", "author", "admin"):
            response = world.clients[visitor].get(path)
            response.getvalue()
            control = response.headers.get("Cache-Control", "")
            is_page = response.headers.get("Content-Type", "").startswith("text/html")
            if control == FOR_EVERYBODY or (is_page and response.status_code != 301 and "no-store" not in control):
                wrong[path, visitor] = control
    assert wrong == {}


def test_pages_with_a_form_or_a_token_are_kept_by_nobody(world):
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
