"""Metrics: exact over several workers, for the operator only, and there while the database is not."""

import os
import re
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integration_portal import request_counts
from projects import vitals, workflow
from projects.models import FruitlessSearch, IndexVersion, Letter
from tests.factories import make_municipality, make_project
from tests.projects.submitting import make_member
from tests.served import get, serving

TOKEN = "a-token-of-the-operator"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def token(settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def parsed(text: str) -> dict[str, float]:
    """Every line of the text format that is no comment; anything else would not match."""
    lines = [line for line in text.splitlines() if not line.startswith("# TYPE ")]
    found = [re.fullmatch(r"([a-z_]+(?:\{[^}]*\})?) ([0-9.e+]+)", line) for line in lines]
    assert all(found), lines
    return {match[1]: float(match[2]) for match in found}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}]
)
def test_nobody_else_sees_them(client, token, headers):
    assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.django_db
def test_without_a_token_there_are_none(client, settings):
    settings.METRICS_TOKEN = ""
    for headers in ({}, {"Authorization": "Bearer "}, BEARER):
        assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.django_db
def test_numbers_of_the_database(client, token, settings, tmp_path):
    settings.LAST_BACKUP = tmp_path / "last_backup"
    now = timezone.now()
    assert parsed(client.get("/metrics", headers=BEARER).content.decode())["mosaik_last_backup_timestamp_seconds"] == 0
    settings.LAST_BACKUP.touch()
    letter = {"to": "a@example.org", "subject": "s", "body": "b"}
    Letter.objects.create(key="1", send_after=now - timedelta(hours=2), **letter)
    Letter.objects.create(key="2", send_after=now + timedelta(hours=2), **letter)
    Letter.objects.create(key="3", send_after=now, given_up_at=now, **letter)
    FruitlessSearch.objects.create(words="ufo", day=timezone.localdate(), times=3)
    IndexVersion.objects.create(version=7)
    municipality = make_municipality()
    workflow.submit(make_project(lead=municipality), by=make_member(municipality))
    found = parsed(client.get("/metrics", headers=BEARER).content.decode())
    assert found["mosaik_database_up"] == 1
    assert 7200 <= found["mosaik_letters_oldest_due_seconds"] < 7300
    assert found["mosaik_letters_given_up"] == 1
    assert found["mosaik_projects_waiting"] == 1
    assert found["mosaik_searches_without_result_today"] == 3
    assert found["mosaik_index_version"] == 7
    assert abs(found["mosaik_last_backup_timestamp_seconds"] - time.time()) < 10


@pytest.mark.django_db
def test_number_of_queries(client, token, django_assert_num_queries):
    with django_assert_num_queries(10):
        client.get("/metrics", headers=BEARER)


@pytest.mark.django_db(transaction=True)
def test_requests_are_counted_while_the_database_is_down(client, token, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/gibt/es/nicht")
    response = client.get("/metrics", headers=BEARER)
    monkeypatch.undo()
    connection.close()
    assert response.status_code == 200
    found = parsed(response.content.decode())
    assert found["mosaik_database_up"] == 0
    assert 'mosaik_request_seconds_count{area="read"}' in found


def test_every_answer_is_in_one_status_and_one_bucket():
    before = request_counts.totals("desk")
    for status, seconds in ((200, 0.01), (418, 0.0101), (503, 99)):
        request_counts.add("desk", status, seconds)
    by_status, by_duration, total = request_counts.totals("desk")
    grown = [new - old for new, old in zip(by_status, before[0], strict=True)]
    assert {index for index, more in enumerate(grown) if more} == {
        0,
        request_counts.STATUSES.index(503),
        len(grown) - 1,
    }
    assert [new - old for new, old in zip(by_duration, before[1], strict=True)] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert total - before[2] == pytest.approx(99.0201)


@pytest.mark.parametrize(
    ("method", "route", "area"),
    [
        ("GET", "projekte/", "read"),
        ("POST", "konto/anmelden/", "change"),
        ("POST", "admin/projects/", "desk"),
        ("GET", "readyz", "machine"),
    ],
)
def test_area(method, route, area):
    assert request_counts.area_of(method, route) == area


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(number) for number in file.read().split()]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux to find the worker")
def test_sums_are_exact_over_workers_also_after_one_was_killed(transactional_db, tmp_path):
    """60 requests over two workers, one of them killed half-way: the counter says 60, whoever answers."""

    def counted(url: str) -> float:
        return parsed(get(url, "/metrics", BEARER)[1]).get('mosaik_requests_total{area="read",status="404"}', 0)

    with serving(tmp_path, METRICS_TOKEN=TOKEN) as (url, server):
        before = children_of(server.pid)
        for number in range(60):
            assert get(url, "/gibt-es-nicht/")[0] == 404
            if number == 30:
                os.kill(before[0], signal.SIGKILL)
                while before[0] in children_of(server.pid) or len(children_of(server.pid)) < 2:
                    time.sleep(0.05)
        assert {counted(url) for _time in range(10)} == {60}


def test_every_source_is_a_number(db):
    assert all(isinstance(value, int | float) for value in vitals.numbers().values())
