"""Asks an address on the web whether it answers, without reading what it says. Knows no database and no request.

Addresses are typed by people, so they may lead anywhere, also into the network of the server. A connection is therefore
made to the very IP address that was looked up and found public, for each redirect anew; libraries that look names up
themselves (urllib3, httpx) would ask DNS a second time, which may answer otherwise. Hence http.client.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from .links import Answer
from .models import Outcome

MOST_REDIRECTS = 5
MOST_ADDRESSES = 3  # of one host that are tried
LONGEST = 2000  # letters of an address that a redirect may lead to
REDIRECTS = (301, 302, 303, 307, 308)
PERMANENT = (301, 308)
DENIED = (401, 403, 429, 451)
_UNRESERVED = "%/:=&?~#+!$,;'@()*[]|"
_TRANSLATED = IPv6Network("64:ff9b::/96")  # IPv4 behind NAT64 (RFC 6052)
_REFUSED = (IPv6Network("2002::/16"), IPv6Network("64:ff9b:1::/48"))  # 6to4, NAT64 within one network


class NoAnswerError(Exception):
    """There is no answer; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Target(NamedTuple):
    """Where to connect to, and what to ask for there."""

    is_tls: bool
    host: str
    port: int
    path: str


def look_up(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, IPv4 first: many servers have no way out with IPv6."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for _family, *_rest, address in sorted(found, key=lambda row: row[0] != socket.AF_INET)]


def is_public(address: str) -> bool:
    """Whether the IP address belongs to the public internet: not this machine, not a network behind it."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found in _TRANSLATED:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        elif any(found in network for network in _REFUSED):
            return False
    return found.is_global and not found.is_multicast


@dataclass
class Prober:
    """Asks politely: by name, one request after the other, with a pause between two to the same host.

    robots.txt is not asked for: it is about programs that find addresses by themselves, this one gets each from a
    person who links it, and asks for it once a week. What the fields default to is what goes out into the world; tests
    put a server of their own in its place.
    """

    agent: str
    timeout: float = 15.0  # seconds for one answer as a whole
    pause: float = 2.0
    look_up: Callable[[str, int], Sequence[str]] = look_up
    is_allowed: Callable[[str], bool] = is_public
    ports: frozenset[int] = frozenset({80, 443})
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _asked_at: dict[str, float] = field(default_factory=dict)

    def probe(self, url: str) -> Answer:
        """Follows redirects; each of their addresses has to be as public as the first."""
        current, is_permanent = url, True
        for redirects in range(MOST_REDIRECTS + 1):
            try:
                status, location = self._ask(self._target(current))
            except NoAnswerError as failure:
                return Answer(failure.outcome, redirects=redirects)
            if status not in REDIRECTS or not location:
                outcome = outcome_of(status)
                moved = redirects and is_permanent and outcome == Outcome.OK
                return Answer(outcome, status, redirects, current if moved else "")
            is_permanent = is_permanent and status in PERMANENT
            try:
                current = urljoin(current, location)
            except ValueError:
                return Answer(Outcome.UNREADABLE, redirects=redirects + 1)
        return Answer(Outcome.LOOP, redirects=MOST_REDIRECTS)

    def _target(self, url: str) -> Target:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            host = (parts.hostname or "").encode("idna").decode()
        except (ValueError, UnicodeError):
            raise NoAnswerError(Outcome.UNREADABLE) from None
        if parts.scheme not in ("http", "https") or not host or parts.username is not None or len(url) > LONGEST:
            raise NoAnswerError(Outcome.UNREADABLE)
        if port not in self.ports:
            raise NoAnswerError(Outcome.INTERNAL)
        path = quote(parts.path or "/", safe=_UNRESERVED)
        query = f"?{quote(parts.query, safe=_UNRESERVED)}" if parts.query else ""
        return Target(parts.scheme == "https", host, port, path + query)

    def _ask(self, target: Target) -> tuple[int, str]:
        """Status and Location. HEAD spares the other side the body; many answer it wrongly, so a no is asked again."""
        try:
            status, location = self._request("HEAD", target)
            if status < 400:
                return status, location
        except NoAnswerError as failure:
            if failure.outcome not in (Outcome.NO_CONNECTION, Outcome.TIMEOUT):
                raise
        return self._request("GET", target)

    def _request(self, method: str, target: Target) -> tuple[int, str]:
        self._wait_for_turn(target.host)
        cut_off = Event()
        try:
            with self._connected(target, cut_off) as connection:
                headers = {"User-Agent": self.agent, "Accept": "*/*", "Connection": "close"}
                connection.request(method, target.path, headers=headers)
                response = connection.getresponse()
                if cut_off.is_set():  # headers that were cut off look as if they were whole
                    raise TimeoutError
                # Whatever stands there beyond ASCII is UTF-8 in practice; http.client reads single bytes.
                location = response.getheader("Location", "").encode("latin-1").decode("utf-8", "replace")
                return response.status, location
        except TimeoutError:
            raise NoAnswerError(Outcome.TIMEOUT) from None
        except (OSError, http.client.HTTPException) as error:
            if cut_off.is_set():
                raise NoAnswerError(Outcome.TIMEOUT) from None
            is_tls = isinstance(error, ssl.SSLError)
            raise NoAnswerError(Outcome.TLS if is_tls else Outcome.NO_CONNECTION) from None

    @contextmanager
    def _connected(self, target: Target, cut_off: Event) -> Iterator[http.client.HTTPConnection]:
        """A connection that ends after `timeout`, however slowly the other side sends one byte after the other."""
        sock = self._socket(target)

        def cut() -> None:
            cut_off.set()
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not that of SSLSocket, which another thread reads from
            except OSError:
                return  # it has just been closed

        timer = Timer(self.timeout, cut)
        timer.start()
        try:
            if target.is_tls:
                # Two steps, because `cut` can end the handshake only on the socket that speaks it.
                sock = self.tls.wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)
                sock.do_handshake()
                connection = http.client.HTTPSConnection(target.host, target.port, context=self.tls)
            else:
                connection = http.client.HTTPConnection(target.host, target.port)
            connection.sock = sock
            yield connection
        finally:
            timer.cancel()
            sock.close()

    def _socket(self, target: Target) -> socket.socket:
        """Connected to the first public address of the host that accepts."""
        try:
            addresses = list(dict.fromkeys(self.look_up(target.host, target.port)))
        except (OSError, UnicodeError):
            raise NoAnswerError(Outcome.NO_HOST) from None
        allowed = [address for address in addresses if self.is_allowed(address)][:MOST_ADDRESSES]
        if not allowed:
            raise NoAnswerError(Outcome.INTERNAL)
        for address in allowed[:-1]:
            try:
                return socket.create_connection((address, target.port), self.timeout / len(allowed))
            except OSError:
                continue
        return socket.create_connection((allowed[-1], target.port), self.timeout)

    def _wait_for_turn(self, host: str) -> None:
        asked_at = self._asked_at.get(host)
        if asked_at is not None:
            time.sleep(max(0.0, asked_at + self.pause - time.monotonic()))
        self._asked_at[host] = time.monotonic()


def outcome_of(status: int) -> Outcome:
    if status < 400:
        return Outcome.OK
    if status in DENIED or status >= 600:  # some social networks answer programs with 999
        return Outcome.DENIED
    known = {404: Outcome.NOT_FOUND, 410: Outcome.GONE}
    return known.get(status, Outcome.REJECTED if status < 500 else Outcome.SERVER_ERROR)
