"""gunicorn on the database of the tests: for what only shows between several processes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment_of(url: str, state: Path, more: dict[str, str]) -> dict[str, str]:
    database = connection.settings_dict
    address = f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{database['NAME']}"
    return {
        **os.environ,  # with the settings of the tests: their cheap passwords make a rush even denser
        "DATABASE_URL": f"{address}?host={quote(database['HOST'])}",
        "SITE_URL": url,
        "STATE_DIR": str(state),
        **more,
    }


def start(environment: dict[str, str], *arguments: str, **how: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:integration_portal.gunicorn", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, **how)


@contextmanager
def serving(state: Path, *arguments: str, **more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a portal that answers, and its process; `more` goes into its environment."""
    url = f"http://127.0.0.1:{free_port()}"
    server = start(environment_of(url, state, more), *arguments, "--bind", url.removeprefix("http://"))
    try:
        wait_for(url)
        yield url, server
    finally:
        server.terminate()
        server.wait(timeout=20)


def get(url: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of one page, over a connection of its own."""
    talk = HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        talk.request("GET", path, headers={"Connection": "close", **(headers or {})})
        answer = talk.getresponse()
        return answer.status, answer.read().decode()
    finally:
        talk.close()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            if get(url, "/readyz")[0] == 200:
                return
        time.sleep(0.2)
    raise AssertionError("the portal does not answer")
