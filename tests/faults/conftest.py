"""One portal that the faults happen to, on disks small enough to be filled, and the table of what became of it.

Every test here gets the marker `faults`. They do not run with the others: make faults
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import environment_of, free_port, read_passwords
from tests.projects.test_outbox import MailServer
from tools import ROOT
from tools.postgres import Cluster

from .house import MEMBER, House, token_of
from .table import table

DATABASE_DISK, MEDIA_DISK = "700m", "4m"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORTS] = []


REPORTS = pytest.StashKey[list[pytest.TestReport]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call):
    report = yield
    if report.when == "call" or not report.passed:
        item.config.stash[REPORTS].append(report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = os.environ.get("FAULTS_TABLE")
    if target and session.config.stash[REPORTS]:
        Path(target).write_text(table(session.config.stash[REPORTS]))


def mounted(folder: Path, size: str) -> bool:
    """A small disk in memory; only root can have one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "mosaik-faults", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def disks() -> Iterator[tuple[Path, Path, bool]]:
    """Folders for the state (with the database) and for the media, and whether they are disks of their own."""
    base = Path(tempfile.mkdtemp(prefix="mosaik-faults-"))
    base.chmod(0o755)  # the account of the database has to get in
    state, media = base / "state", base / "media"
    state.mkdir()
    media.mkdir()
    are_disks = [mounted(state, DATABASE_DISK), mounted(media, MEDIA_DISK)]
    try:
        yield state, media, all(are_disks)
    finally:
        for folder, is_disk in zip((state, media), are_disks, strict=True):
            if is_disk:
                subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def small_disks(disks) -> None:
    if not disks[2]:
        pytest.skip("Volle Platten brauchen ein eigenes kleines Dateisystem: bitte als root ausführen.")


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.release.set()
        server.shutdown()


@pytest.fixture(scope="session")
def house(disks, mail_server) -> Iterator[House]:
    """The portal as `make run` serves it, with a mail server that can be made to refuse."""
    state, media, _are_disks = disks
    port = free_port()
    host, mail_port = mail_server.server_address
    more = {"PORT": str(port), "MEDIA_ROOT": str(media), "EMAIL_HOST": host, "EMAIL_PORT": str(mail_port)}
    environment = environment_of(state) | more | {"EMAIL_USE_TLS": "0"}
    command = [sys.executable, str(ROOT / "tools" / "run.py"), "run"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATE_DIR", str(state))
        cluster = Cluster()
    try:
        passwords = read_passwords(process)
        made = House(process, f"http://127.0.0.1:{port}", state, media, cluster, mail_server)
        sign_in(made, passwords[MEMBER])
        yield made
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        cluster.stop()


def sign_in(house: House, password: str) -> None:
    page = house.ask("/konto/anmelden/")
    house.cookie = cookies_of(page.headers["set-cookie"])
    fields = {"login": MEMBER, "password": password, "csrfmiddlewaretoken": token_of(page)}
    answer = house.ask("/konto/anmelden/", fields)
    assert answer.status == 302
    house.cookie = cookies_of(answer.headers["set-cookie"])


def cookies_of(header: str) -> str:
    """What a browser sends back of this header, in which several cookies stand one after the other."""
    return "; ".join(re.findall(r"(?:^|, )([\w-]+=[^;,]+)(?=;)", header))
