"""F08: while one release takes over from another nobody sees an error; the socket outlives both (deploy/systemd)."""

import signal
import socket
import threading
from collections import Counter
from http.client import HTTPException

import pytest

from tests.served import environment_of, get, start_at, wait_for

READERS = 4
PATHS = ("/livez", "/readyz", "/impressum/", "/gibt-es-nicht/")


def ask_until(stop: threading.Event, url: str, answers: Counter) -> None:
    turn = 0
    while not stop.is_set():
        path = PATHS[turn % len(PATHS)]
        turn += 1
        try:
            answers[get(url, path)[0]] += 1
        except (OSError, HTTPException) as error:
            answers[type(error).__name__] += 1
        stop.wait(0.02)


@pytest.mark.check("F08")
def test_release_switch_under_load(transactional_db, tmp_path):
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    environment = environment_of(url, tmp_path, {})
    server = start_at(listener, environment)
    stop, answers = threading.Event(), Counter()
    readers = [threading.Thread(target=ask_until, args=(stop, url, answers)) for _reader in range(READERS)]
    try:
        wait_for(url)
        for reader in readers:
            reader.start()
        stop.wait(0.5)
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        before = sum(answers.values())
        server = start_at(listener, environment)
        wait_for(url)
        while sum(answers.values()) < before + 40:
            stop.wait(0.1)
    finally:
        stop.set()
        server.terminate()
        server.wait(timeout=30)
        for reader in readers:
            if reader.ident:
                reader.join(timeout=60)
        listener.close()
    assert before > 0
    assert set(answers) == {200, 404}, answers
