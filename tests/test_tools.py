"""The two commands from below: a real cluster that is killed and found again, and sentences instead of tracebacks."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tools import ROOT, environment, run
from tools.binaries import PostgresError, choose_binaries
from tools.postgres import Cluster

POSTGRES = [sys.executable, str(ROOT / "tools" / "postgres.py")]


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder with a blank in its path that the account of the service can enter (pytest's own is closed)."""
    base = Path(tempfile.mkdtemp(prefix="mosaik test "))
    base.chmod(0o755)
    yield base / "var"
    command(base / "var", "stop")
    shutil.rmtree(base)


def command(state: Path, name: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "STATE_DIR": str(state)}
    return subprocess.run([*POSTGRES, name], env=environment, capture_output=True, text=True, check=False)


def start(state: Path) -> str:
    done = command(state, "start")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def server_pid(state: Path) -> int:
    return int((state / "postgres" / "postmaster.pid").read_text().split()[0])


def query(url: str, sql: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cwd").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_cluster_is_made_and_reused(state):
    url = start(state)
    assert query(url, "SELECT current_database(), current_setting('server_encoding')") == [
        ("integrationsmosaik", "UTF8")
    ]
    pid = server_pid(state)
    assert start(state) == url
    assert server_pid(state) == pid


def test_cluster_is_closed_to_others(state):
    start(state)
    server = state / "postgres" / "postmaster.pid"
    socket_folder = Path(server.read_text().splitlines()[4])
    assert socket_folder.stat().st_mode & 0o777 == 0o700
    assert not socket_folder.is_relative_to(state)
    assert server.read_text().splitlines()[5].strip() == ""  # no network address


def test_cluster_survives_a_kill(state):
    url = start(state)
    query(url, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS number")
    pid = server_pid(state)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert start(state) == url  # whoever waits for it finds it again
    assert query(url, "SELECT number FROM kept") == [(42,)]


def test_lost_socket_is_replaced(state):
    start(state)
    shutil.rmtree((state / "postgres" / "postmaster.pid").read_text().splitlines()[4])
    assert query(start(state), "SELECT 1") == [(1,)]


def test_stop_and_status(state):
    start(state)
    assert command(state, "status").returncode == 0
    assert command(state, "stop").returncode == 0
    assert command(state, "status").returncode == 3
    assert command(state, "url").returncode == 1
    assert "lief nicht" in command(state, "stop").stdout


def test_stale_pid_file_of_another_process(state):
    start(state)
    pid_file = state / "postgres" / "postmaster.pid"
    content = pid_file.read_text().splitlines()
    command(state, "stop")
    pid_file.write_text("\n".join([str(os.getpid()), *content[1:]]) + "\n")
    assert query(start(state), "SELECT 1") == [(1,)]


def test_creation_that_was_killed_half_way_begins_anew(state):
    other = state.with_name("other")
    (other / "postgres.new").mkdir(parents=True)
    (other / "postgres.new" / "half").write_text("")
    assert query(start(other), "SELECT 1") == [(1,)]
    assert not (other / "postgres.new").exists()
    command(other, "stop")


def test_data_of_another_version_are_refused_with_a_sentence(tmp_path):
    (tmp_path / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresError, match="gehören zu PostgreSQL 9"):
        choose_binaries(tmp_path)


def test_last_user_stops_the_server(state, monkeypatch):
    monkeypatch.setenv("STATE_DIR", str(state))
    first, second = Cluster(), Cluster()
    first.start()
    first.hold()
    second.hold()
    first.stop_if_last()
    assert second.server()
    second.stop_if_last()
    assert not second.server()


# --- run.py ---


def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "run.py"), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_taken_port_is_said_before_anything_is_installed(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        done = call("run", PORT=str(number), VENV=str(tmp_path / "venv"), STATE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert f"make run PORT={number + 1}" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("number", ["http", "0", "70000"])
def test_impossible_port_is_refused(number, tmp_path):
    done = call("run", PORT=number, VENV=str(tmp_path / "venv"))
    assert done.returncode == 1
    assert "ist keine Portnummer" in done.stderr


def test_help_names_every_command():
    assert set(run.HELP) == set(run.COMMANDS)
    shown = call("help").stdout
    assert all(f"make {name}" in shown for name in run.COMMANDS)


def test_unknown_command_is_refused():
    done = call("gibtsnicht")
    assert done.returncode == 2
    assert "Unbekannt: gibtsnicht" in done.stdout


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("NewConnectionError(...)\nERROR: No matching distribution found for nh3==1", "Netz oder Proxy"),
        ("(from versions: 0.2, 0.3)\nERROR: No matching distribution found for nh3==1", "kein fertiges Paket"),
        ("(from versions: none)\nERROR: No matching distribution found for nh3==1", "keine Verbindung"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "Prüfsumme"),
        ("[Errno 28] No space left on device", "1 GB"),
    ],
)
def test_failed_installation_is_explained(said, advice):
    assert advice in environment.explain_failed_install(said)


def test_secret_key_is_made_once_and_closed(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    path = environment.secret_key_file()
    key = path.read_text()
    assert len(key) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
    assert environment.secret_key_file().read_text() == key


def test_missing_venv_module_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("VENV", str(tmp_path / "venv"))
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(environment.StopError, match="python3-venv"):
        environment.create_venv()
