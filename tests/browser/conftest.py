"""A real browser in front of what `make run` serves: pages at any width, axe, and nothing in the console.

Every test here gets the marker `browser`. The portal is read by all tests of a run; what a test writes stays there.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.browser import audit
from tools import ROOT
from tools.checks import chromium

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
START_SECONDS = 180
PageAt = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Portal:
    """What `make run` printed: the address, and the passwords of the demo accounts by mail address."""

    url: str
    passwords: dict[str, str]
    state: Path | None = None

    def manage(self, *arguments: str, **more: str) -> str:
        """What an operator types beside the running portal: a management command, and what it prints."""
        environment = environment_of(self.state)
        cluster = [sys.executable, str(ROOT / "tools" / "postgres.py"), "url"]
        environment["DATABASE_URL"] = subprocess.check_output(cluster, env=environment, text=True).strip()
        environment |= {"SITE_URL": self.url, "SECRET_KEY_FILE": str(self.state / "secret_key"), "DEMO": "1", **more}
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.check_output(command, env=environment, text=True, stderr=subprocess.STDOUT)


def environment_of(state: Path) -> dict[str, str]:
    """The caller's environment with nothing of the caller's own portal in it."""
    ours = ("DATABASE_URL", "SECRET_KEY", "SITE_URL", "DJANGO_SETTINGS_MODULE", "LOG_LEVEL", "PGHOST")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return inherited | {"STATE_DIR": str(state), "VENV": sys.prefix}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_portal() -> Iterator[Portal]:
    """The portal as `make run` serves it, with data of its own in a folder with a blank in its path."""
    state = Path(tempfile.mkdtemp(prefix="mosaik browser "))
    state.chmod(0o755)  # the account of the database has to get in
    port = free_port()
    environment = environment_of(state) | {"PORT": str(port)}
    command = [sys.executable, str(ROOT / "tools" / "run.py"), "run"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield Portal(f"http://127.0.0.1:{port}", read_passwords(process), state)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    with running_portal() as running:
        yield running


def read_passwords(process: subprocess.Popen[str]) -> dict[str, str]:
    """Waits until the portal says that it runs; its last words are the error if it does not."""
    said: list[str] = []
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if "Beenden: Strg+C" in line:
            return dict(re.findall(r"(\S+@\S+)\s+(\S+)$", "".join(said), flags=re.MULTILINE))
    raise RuntimeError(f"`make run` ended:\n{''.join(said)[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if not path:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=FLAGS)


class Watch:
    """Everything that a page must not do: ask foreign hosts, complain in the console, fail to load a part."""

    def __init__(self, page: Page, home: str) -> None:
        self.home = urlsplit(home).netloc
        self.visited: set[str] = set()
        self.problems: list[str] = []
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self._console)

    def _request(self, request: Request) -> None:
        if request.is_navigation_request():
            self.visited.add(request.url)
        if urlsplit(request.url).netloc != self.home:
            self.problems.append(f"third party: {request.url}")

    def _failed(self, request: Request) -> None:
        # Leaving a page breaks off what it still loads, and a download breaks off the way to another page.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"not loaded: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        """What has no address comes from axe, which is no part of the page."""
        url = message.location.get("url")
        # A page that is itself an error (404) is reported as such; that is no defect of the page.
        is_status_of_page = url in self.visited and message.text.startswith("Failed to load resource")
        if message.type == "error" and url and not is_status_of_page:
            self.problems.append(f"console: {message.text} – {url}")


@pytest.fixture
def page_at(browser: Browser, portal: Portal) -> Iterator[PageAt]:
    """page_at(width, color_scheme="light", javascript=True, forced_colors="none", height=900, base_url=…) → Page.

    Paths given to `page.goto` are those of the portal. Fails at the end of the test on any problem that Watch saw.
    """
    contexts, watches = [], []

    def open_page(
        width: int = 1280,
        color_scheme: str = "light",
        javascript: bool = True,
        forced_colors: str = "none",
        height: int = 900,
        base_url: str | None = None,
    ) -> Page:
        context = browser.new_context(
            base_url=base_url or portal.url,
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            forced_colors=forced_colors,
            java_script_enabled=javascript,
            locale="de-DE",
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        contexts.append(context)
        watches.append(Watch(page, base_url or portal.url))
        return page

    yield open_page
    for context in contexts:
        context.close()
    problems = [problem for watch in watches for problem in watch.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    return audit.assert_accessible


@pytest.fixture
def for_everybody() -> Callable[[Page], None]:
    return audit.assert_for_everybody
