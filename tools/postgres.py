"""A private PostgreSQL for one checkout: makes the cluster, starts, stops and recovers it.

Standard library only. Reachable through a socket in a folder of its own, never through the network.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

if not __package__:  # called as a command
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import state_folder
from tools.binaries import PostgresError, choose_binaries, copy_binaries, service_account

NAME = "integrationsmosaik"  # of the database and of its owner
SOCKET_FILE = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # bytes; sun_path holds 104 on macOS and 108 on Linux
START_SECONDS, STOP_SECONDS = 120, 30
LOG_LIMIT = 5_000_000  # bytes; an older log is not worth more
# A cluster that only tests use may lose its last second in a power cut.
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB")


@dataclass(frozen=True)
class Server:
    """What postmaster.pid says about a server that really runs."""

    pid: int
    socket_folder: Path
    is_ready: bool


class Cluster:
    """One data folder and its server. Every public method may be called at any time and in any state."""

    def __init__(self, name: str = "postgres", *, throwaway: bool = False) -> None:
        self.state = state_folder()
        self.throwaway = throwaway
        self.account = service_account(self.state / name)
        self.home = self._home()
        self.data = self.home / name
        self.log = self.state / f"{name}.log"
        self._lock_file = self.state / f"{name}.lock"
        self._users_file = self.state / f"{name}.users"
        self._use: int | None = None

    def _home(self) -> Path:
        """Folder of the data: the state folder, or /var/lib if the account of the service cannot get there."""
        try:
            self.state.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PostgresError(f"Der Ordner {self.state} lässt sich nicht anlegen: {error.strerror}.") from None
        if self.account.can_enter(self.state):
            return self.state
        key = hashlib.sha256(str(self.state).encode()).hexdigest()[:12]
        home = Path("/var/lib") / NAME / key
        home.mkdir(parents=True, exist_ok=True)
        return home

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two terminals may start the same cluster at once; the second waits and then finds it running."""
        with self._lock_file.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def hold(self) -> None:
        """Says that this process uses the server, until it ends."""
        self._use = os.open(self._users_file, os.O_CREAT | os.O_RDWR, 0o644)  # closed by the end of the process
        fcntl.flock(self._use, fcntl.LOCK_SH)

    def stop_if_last(self) -> None:
        """Stops the server unless another process holds it."""
        if self._use is not None:
            os.close(self._use)
        with self._users_file.open("w") as handle, contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()

    def _owns(self, pid: int) -> bool:
        """Whether this process is the server of this folder; numbers of dead processes are given to others."""
        try:
            os.kill(pid, 0)
            if Path("/proc/self/cwd").exists():
                return os.path.samefile(f"/proc/{pid}/cwd", self.data)
        except PermissionError:
            return False
        except OSError:
            return False
        shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return "postgres" in shown.stdout and str(self.data) in shown.stdout

    def _read_pid_file(self) -> tuple[int, Path, bool] | None:
        """Process number, socket folder and readiness out of postmaster.pid; None if there is none or it is torn."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), Path(lines[4]), len(lines) > 7 and lines[7].strip() == "ready"
        except (OSError, ValueError, IndexError):
            return None

    def server(self) -> Server | None:
        """The running server, or None."""
        found = self._read_pid_file()
        return Server(*found) if found and self._owns(found[0]) else None

    def url(self) -> str:
        server = self.server()
        if not server:
            raise PostgresError("PostgreSQL läuft nicht. Starten: python tools/postgres.py start")
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(server.socket_folder))}"

    def start(self) -> str:
        """Makes the cluster if there is none, starts it if it does not run, and returns the address of the database."""
        with self._alone():
            server = self.server()
            if server and not (server.socket_folder / SOCKET_FILE).exists():
                self._stop(server)  # a cleaner of temporary files took the socket away
                server = None
            if not server:
                binaries, version = choose_binaries(self.data)
                binaries = copy_binaries(binaries, self.account, self.home)
                self._create(binaries, version)
                self._launch(binaries, self._left_socket_folder() or self._new_socket_folder())
            return self.url()

    def stop(self) -> bool:
        """Stops the server; False if there was none."""
        with self._alone():
            server = self.server()
            if server:
                self._stop(server)
            return server is not None

    def _stop(self, server: Server) -> None:
        for signal_number in (signal.SIGINT, signal.SIGQUIT):  # "fast", then "immediate"
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.pid, signal_number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if not self._owns(server.pid):
                    self._remove_socket_folder(server.socket_folder)
                    return
                time.sleep(0.05)
        raise PostgresError(f"PostgreSQL (Prozess {server.pid}) lässt sich nicht beenden. Siehe {self.log}.")

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        """A PostgreSQL tool under the account, without any PG… variable of the caller."""
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(
            command, cwd="/", env=environment, capture_output=True, text=True, check=False, **self.account.switch
        )

    def _create(self, binaries: Path, version: str) -> None:
        """Makes the data folder in one step: a run that was killed half-way leaves none."""
        if (self.data / "PG_VERSION").exists():
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise PostgresError(f"{self.data} ist nicht leer und enthält keine Datenbank. Bitte den Ordner löschen.")
        # The wheel has no ICU. "builtin" sorts by code point on every system alike; PostgreSQL has it since 17.
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if int(version) >= 17 else []
        scratch = self.data.with_name(f"{self.data.name}.new")
        for locale in ("C.UTF-8", "C"):  # macOS has no C.UTF-8 of its own
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(mode=0o700)
            if self.account.switch:
                os.chown(scratch, self.account.uid, self.account.gid)
            where: list[str | Path] = [binaries / "initdb", "-D", scratch, "-U", NAME]
            how = ["--auth=trust", "--encoding=UTF8", "--no-sync", f"--locale={locale}", "--lc-messages=C", *builtin]
            made = self._run([*where, *how])
            if made.returncode == 0:
                break
        else:
            raise PostgresError(f"initdb ist gescheitert: {made.stderr.strip().splitlines()[-1:]}")
        if self.data.exists():
            self.data.rmdir()
        scratch.rename(self.data)

    def _left_socket_folder(self) -> Path | None:
        """The folder that a killed server left behind, emptied: with it the address stays the same."""
        if not (found := self._read_pid_file()):
            return None
        pid, folder, _ = found
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            # The number lives on in a process that is not ours: PostgreSQL would take it for a running server.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        try:
            state = folder.lstat()
            if (state.st_mode, state.st_uid) != (stat.S_IFDIR | 0o700, self.account.uid):
                return None  # a stranger made it
            for leftover in folder.iterdir():
                leftover.unlink()
        except OSError:
            return None
        return folder

    def _remove_socket_folder(self, folder: Path) -> None:
        if folder.name.startswith(f"{NAME}-") and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)

    def _new_socket_folder(self) -> Path:
        """A closed folder with a short path, outside the data folder; a new name each time, so nobody can be first."""
        for base in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - mkdtemp makes the name
            if len(os.fsencode(base)) + 40 > SOCKET_PATH_LIMIT or not self.account.can_enter(Path(base)):
                continue
            folder = Path(tempfile.mkdtemp(prefix=f"{NAME}-", dir=base))
            if self.account.switch:
                os.chown(folder, self.account.uid, self.account.gid)
            return folder
        raise PostgresError("Kein Ordner für den Socket: TMPDIR ist zu lang oder gesperrt, und /tmp fehlt.")

    def _launch(self, binaries: Path, folder: Path) -> None:
        """Starts the server and waits until it answers."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        settings = [f'unix_socket_directories="{folder}"', "listen_addresses=", "unix_socket_permissions=0700"]
        settings += ["max_connections=100", *(THROWAWAY if self.throwaway else ())]
        command: list[str | Path] = [binaries / "postgres", "-D", self.data]
        command += [part for setting in settings for part in ("-c", setting)]
        deadline = time.monotonic() + START_SECONDS
        while not self._comes_up(command, deadline):
            # After kill -9 of the server its children need a moment to notice and to let go of the memory.
            time.sleep(0.5)
        self._ensure_database(binaries, folder)

    def _ensure_database(self, binaries: Path, folder: Path) -> None:
        made = self._run([binaries / "createdb", "-h", folder, "-U", NAME, NAME])
        if made.returncode and "already exists" not in made.stderr:
            raise PostgresError(f"Die Datenbank {NAME} lässt sich nicht anlegen: {made.stderr.strip()}")

    def _comes_up(self, command: list[str | Path], deadline: float) -> bool:
        """True once the server answers; False if it is worth another try; raises if it is not."""
        with self.log.open("ab") as log:
            said_before = log.tell()
            # A session of its own: Ctrl-C in the terminal must not reach it before the portal has stopped.
            process = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True, **self.account.switch,
            )  # fmt: skip
        while process.poll() is None:
            server = self.server()
            if server and server.is_ready:
                process.returncode = 0  # it outlives us on purpose, which subprocess would complain about
                return True
            if time.monotonic() > deadline:
                process.terminate()
                raise PostgresError(f"PostgreSQL ist nach {START_SECONDS} s noch nicht bereit. Siehe {self.log}.")
            time.sleep(0.02)
        said = self.log.read_bytes()[said_before:].decode(errors="replace")
        if "pre-existing shared memory block" in said and time.monotonic() < deadline:
            return False
        raise PostgresError(f"PostgreSQL ist nicht gestartet. Letzte Meldung: {(said.strip() or '–').splitlines()[-1]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="PostgreSQL dieses Verzeichnisses.")
    parser.add_argument("command", choices=["start", "stop", "status", "url"])
    parser.add_argument("--test", action="store_true", help="die Datenbank der Tests statt der des Portals")
    arguments = parser.parse_args()
    try:
        cluster = test_cluster() if arguments.test else Cluster()
        if arguments.command == "start":
            print(cluster.start())
        elif arguments.command == "url":
            print(cluster.url())
        elif arguments.command == "stop":
            print("PostgreSQL ist beendet." if cluster.stop() else "PostgreSQL lief nicht.")
        else:
            server = cluster.server()
            print(f"PostgreSQL läuft (Prozess {server.pid})." if server else "PostgreSQL läuft nicht.")
            print(f"Daten: {cluster.data}\nProtokoll: {cluster.log}")
            return 0 if server else 3
    except PostgresError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def test_cluster() -> Cluster:
    """The cluster of the test suite, apart from the portal's data."""
    return Cluster("test-postgres", throwaway=True)


if __name__ == "__main__":
    sys.exit(main())
