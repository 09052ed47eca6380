"""A portal that may be broken: what `make run` starts, its processes, its database, and people who use it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

import psycopg
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.browser.conftest import environment_of
from tests.projects.submitting import form_of
from tests.projects.test_outbox import MailServer
from tools import ROOT
from tools.postgres import Cluster

MEMBER = "kommune@example.org"
CONSENTS = dict.fromkeys(("licence", "rights", "privacy", "municipality"), "on")
DOWN = "Die Datenbank antwortet gerade nicht. Bitte laden Sie die Seite in einer Minute neu."
# Complete drafts of the demo account's municipality; the numbers go to the test.
DRAFTS = """
import json
from municipalities.models import User
from projects.models import Project, Topic
user = User.objects.get(email="%s")
lead = user.memberships.get().municipality
numbers = []
for number in range(%d):
    project = Project.objects.create(lead=lead, created_by=user, stage="running", title=f"%s {number}",
        summary="Ein Entwurf, der abgeschickt wird.", approach="Alle schicken ab, während etwas kaputtgeht.")
    project.topics.set([Topic.objects.order_by("pk")[0]])
    numbers.append(project.pk)
print(json.dumps(numbers))
"""
_rounds = count(1)


@dataclass
class Reply:
    """What came back, and after how many seconds. `status` 0: nothing came, the connection broke."""

    status: int
    seconds: float
    at: float
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return " ".join(self.content.decode().split())

    @property
    def says_down(self) -> bool:
        """The German page that says what to do, and when to come back."""
        return self.status == 503 and DOWN in self.text and self.headers.get("retry-after", "").isdecimal()


@dataclass
class House:
    """A running portal. Databases and workers are killed here, and nowhere else."""

    process: subprocess.Popen
    url: str
    state: Path
    media: Path
    cluster: Cluster
    mail: MailServer
    cookie: str = ""

    # people

    def ask(
        self, path: str, fields: dict | None = None, *, cookie: str | None = None, files: bool = False, url: str = ""
    ) -> Reply:
        """One page, or one form that is sent, over a connection of its own."""
        sent = {"Connection": "close", "Cookie": self.cookie if cookie is None else cookie}
        body = None
        if fields is not None:
            body = encode_multipart(BOUNDARY, fields) if files else urlencode(fields, doseq=True).encode()
            sent["Content-Type"] = MULTIPART_CONTENT if files else "application/x-www-form-urlencoded"
        talk, begun = HTTPConnection((url or self.url).removeprefix("http://"), timeout=40), time.monotonic()
        try:
            talk.request("GET" if body is None else "POST", path, body, sent)
            answer = talk.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            return Reply(0, time.monotonic() - begun, begun)
        finally:
            talk.close()
        headers = {name.lower(): answer.getheader(name, "") for name in answer.headers}
        return Reply(answer.status, time.monotonic() - begun, begun, content, headers)

    def form(self, path: str) -> dict:
        """The form of a page with its token, as a browser would send it."""
        page = self.ask(path)
        assert page.status == 200, (path, page.status)
        return {**form_of(page), "csrfmiddlewaretoken": token_of(page)}

    def drafts(self, many: int) -> dict[int, dict]:
        """Complete drafts, and for each the form that sends it in."""
        printed = self.manage("shell", "-v", "0", "-c", DRAFTS % (MEMBER, many, f"Bruchprobe {next(_rounds)}, Entwurf"))
        numbers = json.loads(printed.strip().splitlines()[-1])
        pages = {number: f"/mitmachen/projekte/{number}/pruefen/" for number in numbers}
        return {number: {**self.form(page), **CONSENTS} for number, page in pages.items()}

    # operators

    def manage(self, *arguments: str, root: Path = ROOT) -> str:
        environment = environment_of(self.state) | {
            "DATABASE_URL": self.cluster.url(),
            "SITE_URL": self.url,
            "SECRET_KEY_FILE": str(self.state / "secret_key"),
            "DEMO": "1",
        }
        command = [sys.executable, str(root / "manage.py"), *arguments]
        return subprocess.check_output(command, env=environment, text=True, stderr=subprocess.STDOUT)

    def sql(self, query: str, *values) -> list[tuple]:
        with psycopg.connect(self.cluster.url(), autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    @property
    def gunicorn(self) -> int:
        return next(pid for pid in children(self.process.pid) if "gunicorn" in command_of(pid))

    @property
    def workers(self) -> list[int]:
        return children(self.gunicorn)

    def kill_database(self) -> None:
        """All of its processes at once, as when the machine takes them away."""
        server = self.cluster.server()
        assert server
        for pid in (server.pid, *children(server.pid)):
            os.kill(pid, signal.SIGKILL)

    def comes_back(self, within: float) -> float:
        """Seconds until a page with rows of the database is there; fails after `within`."""
        begun = time.monotonic()
        while self.ask("/projekte/?q=sprachkurs").status != 200 or self.ask("/readyz").status != 200:
            assert time.monotonic() - begun < within, "the portal does not come back by itself"
            time.sleep(0.1)
        return time.monotonic() - begun


@dataclass
class Load:
    """People who send in their drafts, each again and again until the portal says that it has it."""

    house: House
    forms: dict[int, dict]
    acknowledged: dict[int, float] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    reading: list[Reply] = field(default_factory=list)

    def send(self, number: int) -> Reply:
        reply = self.house.ask(f"/mitmachen/projekte/{number}/absenden/", self.forms[number])
        self.replies.append(reply)
        if reply.status == 302:
            assert reply.headers["location"] == f"/mitmachen/projekte/{number}/"
            self.acknowledged[number] = time.monotonic()
        return reply

    def _people(self, numbers: list[int], end: Event) -> None:
        for number in numbers:
            while not end.is_set() and number not in self.acknowledged:
                self.send(number)
                end.wait(0.15)

    def _readers(self, end: Event) -> None:
        while not end.wait(0.1):
            self.reading.append(self.house.ask("/projekte/", cookie=""))

    @contextmanager
    def running(self, people: int = 4) -> Iterator[None]:
        """While the body runs, these people send and one more reads."""
        end, numbers = Event(), list(self.forms)
        threads = [Thread(target=self._people, args=(numbers[start::people], end)) for start in range(people)]
        threads.append(Thread(target=self._readers, args=(end,)))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            end.set()
            for thread in threads:
                thread.join()

    def send_the_rest(self) -> None:
        """Whoever got no answer sends the same form once more, as the page says."""
        for number in self.forms:
            if number not in self.acknowledged:
                reply = self.send(number)
                assert reply.status == 302, (reply.status, reply.text[-3000:])


def assert_whole(house: House, numbers: list[int]) -> None:
    """Each of these projects is submitted with one line in the log, four consents and one letter – or is a draft."""
    rows = house.sql(
        """
        SELECT project.id, project.status,
            (SELECT count(*) FROM projects_statuschange c WHERE c.project_id = project.id),
            (SELECT count(*) FROM projects_consent c WHERE c.project_id = project.id),
            (SELECT count(*) FROM projects_letter l WHERE l.body LIKE '%%/mitmachen/projekte/' || project.id || '/%%')
        FROM projects_project project WHERE project.id = ANY(%s)
        """,
        numbers,
    )
    assert len(rows) == len(numbers)
    broken = [row for row in rows if row[1:] not in (("submitted", 1, 4, 1), ("draft", 0, 0, 0))]
    assert not broken, broken


def assert_kept(house: House, load: Load) -> None:
    """What was acknowledged is there, and nothing is half there."""
    numbers = list(load.acknowledged)
    rows = house.sql("SELECT id FROM projects_project WHERE status = 'submitted' AND id = ANY(%s)", numbers)
    assert {number for (number,) in rows} == set(numbers)
    assert_whole(house, list(load.forms))


def eventually(condition: Callable[[], object], within: float) -> float:
    """Seconds until the condition holds."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < within, "did not happen in time"
        time.sleep(0.1)
    return time.monotonic() - begun


def token_of(page: Reply) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found
    return found[1]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def decimal(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")
