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

GUNICORN = ("-m", "gunicorn", "-c", "python:integration_portal.gunicorn")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment_of(url: str, state: Path, more: dict[str, str]) -> dict[str, str]:
    database = connection.settings_dict
    address = f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{database['NAME']}"
    return {
        # With the settings of the tests: their cheap passwords make a rush even denser. PORT is for `make run`.
        **{name: value for name, value in os.environ.items() if name != "PORT"},
        "DATABASE_URL": f"{address}?host={quote(database['HOST'])}",
        "SITE_URL": url,
        "STATE_DIR": str(state),
        **more,
    }


def start_at(listener: socket.socket, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """gunicorn as systemd starts it: the open socket is descriptor 3, and the process number is its own."""
    hand_over = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); "
        "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
    )
    command = [sys.executable, "-c", hand_over, str(listener.fileno()), sys.executable, *GUNICORN]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, pass_fds=(listener.fileno(),)
    )


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, *GUNICORN, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


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
    return ask(url, "GET", path, headers=headers or {})


def ask(url: str, method: str, path: str, *, headers: dict[str, str], form: str = "") -> tuple[int, str]:
    """Status and text of one answer, over a connection of its own; `form` is what a browser makes of its fields."""
    talk = HTTPConnection(url.removeprefix("http://"), timeout=30)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    try:
        talk.request(method, path, form or None, headers={"Connection": "close", **kind, **headers})
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


def wait_for_socket(path: Path) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
            return
        time.sleep(0.2)
    raise AssertionError("nobody listens")
