"""Somebody holds a row (F06); the mail server refuses, hangs or is away (R07)."""

import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from email.message import Message

import psycopg
import pytest

from .house import Load, assert_kept, decimal, eventually

UNSENT = "SELECT count(*) FROM projects_letter WHERE sent_at IS NULL AND given_up_at IS NULL"


@pytest.mark.check("F06")
def test_locked_row(house, record_property):
    locked, other = house.drafts(2)
    page = f"/mitmachen/projekte/{locked}/geschichte/"
    texts = {**house.form(page), "approach": "Was ich getippt habe, soll nicht weg sein.", "save": "list"}
    with psycopg.connect(house.cluster.url()) as holder, ThreadPoolExecutor(3) as pool:
        holder.execute("SELECT id FROM projects_project WHERE id = %s FOR UPDATE", [locked])
        waiting = [pool.submit(house.ask, page, texts) for _person in range(3)]
        others = []
        while not all(answer.done() for answer in waiting):
            others += [house.ask(path) for path in ("/projekte/", f"/mitmachen/projekte/{other}/", "/livez")]
        answers = [answer.result() for answer in waiting]
        holder.rollback()
    assert all(answer.says_down for answer in answers), [(answer.status, answer.text[-1500:]) for answer in answers]
    slowest = max(answer.seconds for answer in answers)
    assert slowest <= 5, slowest
    assert {reply.status for reply in others} == {200}
    usual = statistics.median(reply.seconds for reply in others)
    assert usual < 1
    assert house.ask(page, texts).status == 302
    assert house.sql("SELECT approach FROM projects_project WHERE id = %s", locked) == [(texts["approach"],)]
    record_property("check", "F06")
    record_property("broken", "die Zeile eines Projekts bleibt gesperrt, drei Personen speichern darin")
    record_property(
        "seen",
        f"Seite 503 nach höchstens {decimal(slowest)} s; {len(others)} andere Seiten währenddessen im Mittel nach "
        f"{decimal(usual)} s; danach geht dasselbe Formular durch",
    )


@pytest.mark.check("R07")
def test_mail_server_refuses_hangs_and_is_away(house, record_property):
    load = Load(house, house.drafts(6))
    server, numbers = house.mail, list(load.forms)
    eventually(lambda: house.sql(UNSENT) == [(0,)], 30)
    begun = len(server.letters)
    for mood, pair in (("refuse", numbers[:2]), ("hang", numbers[2:4]), ("busy", numbers[4:])):
        server.mood = mood
        for number in pair:
            assert load.send(number).status == 302
        tried = f"SELECT count(*) > 0 FROM projects_letter WHERE sent_at IS NULL AND attempts > 0 AND {about(pair)}"
        eventually(lambda tried=tried: house.sql(tried) == [(True,)], 30)
    slowest = max(reply.seconds for reply in load.replies)
    assert slowest < 3, slowest  # nobody waits for a mail server
    assert len(server.letters) == begun
    server.release.set()
    server.mood, server.release = "kind", threading.Event()
    again(house)
    eventually(lambda: house.sql(UNSENT) == [(0,)], 30)
    assert_kept(house, load)
    came = [name_of(letter) for letter in server.letters[begun:]]
    assert len(came) == len(set(came)) == len(numbers)
    record_property("check", "R07")
    record_property("broken", "Mailserver lehnt ab (550), hängt, ist überlastet (421), während eingereicht wird")
    record_property(
        "seen",
        f"nichts davon: jede Einreichung nach höchstens {decimal(slowest)} s bestätigt; danach alle {len(came)} Briefe "
        "genau einmal angekommen",
    )


def about(numbers: list[int]) -> str:
    return "(" + " OR ".join(f"body LIKE '%%/mitmachen/projekte/{number}/%%'" for number in numbers) + ")"


def again(house) -> None:
    """The waiting time of the next attempt is over."""
    house.sql("UPDATE projects_letter SET send_after = now() WHERE sent_at IS NULL")


def name_of(letter: Message) -> str:
    return str(letter["Message-ID"])
