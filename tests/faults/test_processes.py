"""Workers and the database are killed while people send in their projects (F01, F02)."""

import os
import signal
import time

import pytest

from .house import Load, assert_kept, decimal, eventually

DOWN_SECONDS = 10


@pytest.mark.check("F01")
def test_workers_killed_while_people_submit(house, record_property):
    load = Load(house, house.drafts(40))
    killed = []
    with load.running():
        for turn in range(4):
            time.sleep(1)
            victim = eventually_a_worker(house, killed)
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)
            assert turn == 3 or len(load.acknowledged) < len(load.forms)  # or it was no load
        time.sleep(1.5)
    in_time = len(load.acknowledged)
    load.send_the_rest()
    assert_kept(house, load)
    assert {reply.status for reply in load.replies} <= {0, 302}
    assert {reply.status for reply in load.reading} <= {0, 200}
    eventually(lambda: len(house.workers) == 2, 10)
    assert not set(house.workers) & set(killed)
    cut = sum(reply.status == 0 for reply in load.replies + load.reading)
    record_property("check", "F01")
    record_property("broken", f"{len(killed)} × `kill -9` auf Prozesse des Portals, während vier Personen einreichen")
    record_property(
        "seen",
        f"{cut} von {len(load.replies) + len(load.reading)} Anfragen brachen ab, keine andere Störung; {in_time} "
        f"Einreichungen bestätigt, alle da; {len(load.forms) - in_time} noch einmal abgeschickt, keine doppelt, keine "
        "halb; neue Prozesse von selbst",
    )


def eventually_a_worker(house, killed: list[int]) -> int:
    """One of the workers; a new one that has begun to work."""
    eventually(lambda: set(house.workers) - set(killed), 10)
    return sorted(set(house.workers) - set(killed))[0]


@pytest.mark.check("F02")
def test_database_killed_for_ten_seconds_while_people_submit(house, record_property):
    load = Load(house, house.drafts(60))
    with load.running():
        time.sleep(2)
        before = len(load.acknowledged)
        killed_at = time.monotonic()
        house.kill_database()
        time.sleep(DOWN_SECONDS)
        started_at = time.monotonic()
        house.cluster.start()
        ready_at = time.monotonic()
        back = house.comes_back(within=5)
        time.sleep(1)
    assert before
    load.send_the_rest()
    assert_kept(house, load)
    everything = load.replies + load.reading
    away = [reply for reply in everything if killed_at + 0.5 < reply.at < started_at - 5]
    assert away
    assert all(reply.says_down for reply in away), {(reply.status, reply.text[:200]) for reply in away}
    assert max(reply.seconds for reply in everything) < 10
    others = [reply for reply in everything if reply.status not in (200, 302) and not reply.says_down]
    assert not others, [(reply.status, reply.at - killed_at, reply.text[-300:]) for reply in others]
    sent = "SELECT count(*) FROM projects_letter WHERE sent_at IS NULL"
    eventually(lambda: house.sql(sent) == [(0,)], 15)  # what sends letters has survived as well
    record_property("check", "F02")
    record_property("broken", f"Datenbank mit `kill -9` beendet, {DOWN_SECONDS} s weg, vier Personen reichen ein")
    record_property(
        "seen",
        f"{sum(reply.says_down for reply in everything)} × Seite 503 („Das Mosaik ist gleich wieder da“, Retry-After), "
        f"nach höchstens {decimal(max(reply.seconds for reply in away))} s; {before} vorher bestätigte und alle "
        f"späteren Einreichungen da; wieder bereit {decimal(back)} s nach der Datenbank (deren Start: "
        f"{decimal(ready_at - started_at)} s)",
    )
