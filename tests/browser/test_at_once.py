"""Many requests at one moment against the real server with its workers: one project, one letter, one save (R01, R02).

No browser: the same form is sent by twenty threads over HTTP, as a double click and a tired network would.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from itertools import count
from threading import Barrier
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, build_opener

import pytest

from tests.projects.submitting import form_of

MEMBER = "kommune@example.org"
TIMES = 20
_numbers = count(1)


class Answer:
    """What the server said: status, where it leads, the page."""

    def __init__(self, status: int, location: str, content: bytes) -> None:
        self.status_code, self.location, self.content = status, location, content

    @property
    def text(self) -> str:
        return " ".join(self.content.decode().split())


class Stay(HTTPRedirectHandler):
    """Redirects are answers here."""

    def redirect_request(self, *args):
        return None


class Visitor:
    """Cookies and forms of one person; may be used by many threads."""

    def __init__(self, home: str) -> None:
        self.home, self.cookies = home, CookieJar()

    def get(self, path: str) -> Answer:
        return self._ask(path)

    def post(self, path: str, fields: dict, token: str) -> Answer:
        body = urlencode({**fields, "csrfmiddlewaretoken": token}, doseq=True).encode()
        return self._ask(path, body)

    def _ask(self, path: str, body: bytes | None = None) -> Answer:
        opener = build_opener(ProxyHandler({}), Stay, HTTPCookieProcessor(self.cookies))
        opener.addheaders = [("Referer", self.home + path)]
        try:
            with opener.open(self.home + path, body, timeout=60) as answer:
                return Answer(answer.status, "", answer.read())
        except HTTPError as answer:
            return Answer(answer.code, answer.headers.get("Location", ""), answer.read())

    def at_once(self, path: str, forms: list[dict], token: str) -> list[Answer]:
        """Every form in a thread of its own, all at the same moment."""
        start = Barrier(len(forms))

        def send(fields: dict) -> Answer:
            start.wait()
            return self.post(path, fields, token)

        with ThreadPoolExecutor(len(forms)) as pool:
            return list(pool.map(send, forms))


def token_of(answer: Answer) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.content.decode())[1]


@pytest.fixture
def member(portal) -> Visitor:
    visitor = Visitor(portal.url)
    page = visitor.get("/konto/anmelden/")
    fields = {"login": MEMBER, "password": portal.passwords[MEMBER]}
    assert visitor.post("/konto/anmelden/", fields, token_of(page)).status_code == 302
    return visitor


def first_step(member: Visitor) -> tuple[dict, str]:
    """The filled in form of a new project, with a title that is like no other, and its token."""
    page = member.get("/mitmachen/projekte/neu/")
    title = " ".join(f"{word}{next(_numbers)}" for word in ("Zwölf", "Gleichzeitige", "Klicks"))
    return {**form_of(page), "title": title, "stage": "running", "similar_seen": "on"}, token_of(page)


def draft(member: Visitor) -> str:
    """Address of a new draft."""
    fields, token = first_step(member)
    return member.post("/mitmachen/projekte/neu/", fields, token).location


def save(member: Visitor, address: str, **typed) -> None:
    page = member.get(address)
    assert member.post(address, {**form_of(page), **typed, "save": "list"}, token_of(page)).status_code == 302


@pytest.mark.check("R01")
def test_first_step_sent_twenty_times_makes_one_project(member):
    fields, token = first_step(member)
    answers = member.at_once("/mitmachen/projekte/neu/", [fields] * TIMES, token)
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
    assert member.get("/mitmachen/projekte/").text.count(fields["title"]) == 1


@pytest.mark.check("R01")
def test_project_sent_in_twenty_times_is_submitted_once_with_one_letter(member):
    address = draft(member)
    save(member, address + "kopf/", summary="Zwanzigmal geklickt.")
    page = member.get(address + "einordnung/")
    topic = re.search(r'name="topics" value="(\d+)"', page.content.decode())[1]
    save(member, address + "einordnung/", topics=topic)
    save(member, address + "geschichte/", approach="Alle auf einmal.")
    page = member.get(address + "pruefen/")
    fields = {**form_of(page), **dict.fromkeys(("licence", "rights", "privacy", "municipality"), "on")}
    answers = member.at_once(address + "absenden/", [fields] * TIMES, token_of(page))
    assert {(answer.status_code, answer.location) for answer in answers} == {(302, address)}
    assert member.get("/demo/briefe/").text.count(f">{member.home}{address}</a>") == 1


@pytest.mark.check("R02")
def test_one_version_edited_twenty_times_gives_one_save_and_nineteen_answers_with_both_texts(member):
    address = draft(member) + "kopf/"
    page = member.get(address)
    texts = [f"Text Nummer {number}, und keiner sonst." for number in range(TIMES)]
    forms = [{**form_of(page), "summary": text, "save": "list"} for text in texts]
    answers = member.at_once(address, forms, token_of(page))
    assert sorted(answer.status_code for answer in answers) == [302] + [409] * (TIMES - 1)
    winner = next(text for text, answer in zip(texts, answers, strict=True) if answer.status_code == 302)
    for text, answer in zip(texts, answers, strict=True):
        if text != winner:
            assert text in answer.text
            assert winner in answer.text
