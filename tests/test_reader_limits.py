"""S22: limits of readers count once over all workers: however many ask at once, exactly as many answers as allowed."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from projects.limits import Window
from projects.models import Contact, Letter
from projects.relay import MESSAGES_PER_VISITOR
from projects.views.api import REQUESTS
from projects.views.open_data import DOWNLOADS
from tests.factories import make_project
from tests.served import ask, serving

WORKERS, AT_ONCE = 3, 12
# Of the addresses for examples, one for each test: what another test counted is not theirs.
API, CSV, OTHER, WRITER = (f"198.51.100.{number}" for number in range(1, 5))

pytestmark = pytest.mark.check("S22")


@pytest.fixture
def portal(transactional_db, tmp_path) -> Iterator[str]:
    with serving(tmp_path, "--workers", str(WORKERS), PROXY_COUNT="1") as (url, _server):
        yield url


def statuses(url: str, path: str, *, visitor: str, times: int, **fields: str) -> Counter[int]:
    """How often each status was the answer to requests of one visitor, many of them at once; # is their number."""
    headers = {"X-Forwarded-For": visitor, "Origin": url}

    def one(number: int) -> int:
        form = urlencode({name: text.replace("#", str(number)) for name, text in fields.items()})
        return ask(url, "POST" if form else "GET", path, headers=headers, form=form)[0]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(times)))


def wait_for_room_in(window: Window) -> None:
    """Turns of two windows are two counts; so nothing begins in the last seconds of one."""
    left = window.seconds - time.time() % window.seconds
    if left < 30:
        time.sleep(left)


def test_downloads_are_counted_over_all_workers(portal):
    wait_for_room_in(DOWNLOADS)
    asked = DOWNLOADS.most + 20
    assert statuses(portal, "/daten/projekte.csv", visitor=CSV, times=asked) == {200: DOWNLOADS.most, 429: 20}
    assert statuses(portal, "/daten/projekte.csv", visitor=OTHER, times=1) == {200: 1}


def test_requests_to_the_api_are_counted_over_all_workers(portal):
    wait_for_room_in(REQUESTS)
    for _turn in range(REQUESTS.most - 40):  # taken by this process; counted with those of the workers
        assert REQUESTS.take_turn(API)
    assert statuses(portal, "/api/v1/vokabulare/", visitor=API, times=60) == {200: 40, 429: 20}


def test_messages_are_counted_over_all_workers(portal):
    office = Contact.objects.create(function="Büro", organisation="Stadt", email="buero@example.org")
    project = make_project(status="published", contact=office)
    fields = {"name": "Erika", "text": "Guten Tag, wie haben Sie begonnen? (#)", "sender": "erika#@example.org"}
    path = f"{project.get_absolute_url()}kontakt/"
    found = statuses(portal, path, visitor=WRITER, times=20, **fields)
    assert found == {302: MESSAGES_PER_VISITOR, 429: 20 - MESSAGES_PER_VISITOR}
    assert Letter.objects.count() == MESSAGES_PER_VISITOR
