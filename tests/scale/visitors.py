"""Readers that go to both servers in turn, and somebody of a municipality who writes on one and reads on the other."""

import re
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.cookiejar import CookieJar
from itertools import count
from statistics import quantiles
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from tests.projects.fields import fields_of


@dataclass
class Answers:
    """What readers got: how often, how fast, and what was wrong even at the second attempt."""

    milliseconds: list[float] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        cuts = quantiles(self.milliseconds, n=100)
        return (
            f"{len(self.milliseconds)} Seiten, Median {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, längste "
            f"{max(self.milliseconds):.0f} ms, wiederholt {len(self.retried)}, danach noch 5xx {len(self.failed)}"
        )


def _status(port: int, path: str) -> int:
    talk = HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        talk.request("GET", path)
        answer = talk.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        return 599
    finally:
        talk.close()


class Readers:
    """Four readers without cookies, each with a pause between two pages; in the background until `stop`."""

    def __init__(self, ports: list[int], paths: list[str], pause: float = 0.05) -> None:
        self.answers = Answers()
        self._turns, self._stopped = count(), threading.Event()
        self._ports, self._paths, self._pause = ports, paths, pause
        self._threads = [threading.Thread(target=self._read) for _ in range(4)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        while not self._stopped.wait(self._pause):
            turn = next(self._turns)
            port, path = self._ports[turn % len(self._ports)], self._paths[turn % len(self._paths)]
            began = time.perf_counter()
            if _status(port, path) >= 500:
                self.answers.retried.append(path)
                if _status(port, path) >= 500:
                    self.answers.failed.append(path)
            self.answers.milliseconds.append(1000 * (time.perf_counter() - began))


class Member:
    """Somebody with an account; the cookie holds at both servers, as behind one address."""

    def __init__(self) -> None:
        # The servers differ in their ports only, and cookies know none.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def get(self, server: str, path: str) -> tuple[str, str]:
        """Path that was arrived at, and the page."""
        with self._opener.open(server + path, timeout=30) as answer:
            return answer.url.removeprefix(server), answer.read().decode()

    def send(self, server: str, path: str, *, to: str = "", **typed: str) -> tuple[str, str]:
        """Opens a form, types, sends it (to another address, if the form says so); arrives where that leads."""
        sent = urlencode({**fields_of(self.get(server, path)[1]), **typed}, doseq=True).encode()
        with self._opener.open(server + (to or path), data=sent, timeout=30) as answer:
            return answer.url.removeprefix(server), answer.read().decode()

    def first_choice(self, server: str, path: str, name: str) -> str:
        """Value of the first box of this name on a page."""
        found = re.search(rf'name="{name}" value="([^"]+)"', self.get(server, path)[1])
        assert found, f"{path} offers no {name}"
        return found[1]
