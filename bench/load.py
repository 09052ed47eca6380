"""Fetches one address as fast as it is answered, over kept connections, and says how long each answer took."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from statistics import quantiles


@dataclass(frozen=True)
class Result:
    """Answers a second, and how long they took in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    size: int


class FetchError(Exception):
    """An answer that is not 200; the text says which."""


class Connection:
    """One kept HTTP/1.1 connection to a server on this machine; reads bodies of known length and chunked ones.

    `is_returning`: a visitor who names what they have already got, and is answered 304 from the second time on.
    """

    def __init__(self, port: int, *, is_returning: bool = False) -> None:
        self.port = port
        self._socket: socket.socket | None = None
        self._is_returning = is_returning
        self._tags: dict[str, bytes] = {}

    def fetch(self, path: str) -> int:
        """Bytes of the body of a 200 answer."""
        return len(self.body(path))

    def body(self, path: str) -> bytes:
        status, headers = self._ask(path)
        if path in self._tags and b" 304 " in status:
            return b""
        if b" 200 " not in status or path in self._tags:
            raise FetchError(f"{path}: {status.decode(errors='replace').strip() or 'connection closed'}")
        if self._is_returning:
            self._tags[path] = headers[b"etag"]
        return self._body(headers)

    def target(self, path: str) -> str:
        """The path itself, or where it leads to."""
        _status, headers = self._ask(path)
        self._body(headers)
        return headers.get(b"location", path.encode()).decode()

    def _ask(self, path: str) -> tuple[bytes, dict[bytes, bytes]]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=120)
            self._file = self._socket.makefile("rb", 1 << 16)
        known = b"If-None-Match: %b\r\n" % self._tags[path] if path in self._tags else b""
        host = f"Host: 127.0.0.1:{self.port}\r\n".encode()
        self._socket.sendall(b"GET %b HTTP/1.1\r\n%b%b\r\n" % (path.encode(), host, known))
        status, headers = self._file.readline(), {}
        while line := self._file.readline().strip():
            name, _colon, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        return status, headers

    def _body(self, headers: dict[bytes, bytes]) -> bytes:
        if headers.get(b"transfer-encoding") != b"chunked":
            return self._file.read(int(headers.get(b"content-length", 0)))
        pieces = []
        while length := int(self._file.readline(), 16):
            pieces.append(self._file.read(length))
            self._file.readline()
        self._file.readline()
        return b"".join(pieces)


def resolve(port: int, path: str) -> str:
    """Where an address leads to in the end."""
    return Connection(port).target(path)


def measure(
    port: int,
    paths: list[str],
    *,
    seconds: float,
    concurrency: int,
    turns: Iterator[int] | None = None,
    is_returning: bool = False,
) -> Result:
    """Fetches the addresses in turn for so many seconds, from `concurrency` threads with a connection each.

    With the same `turns` a later call goes on where this one stopped.
    """
    turns = turns or count()
    times: list[float] = []
    sizes: list[int] = []
    problems: list[BaseException] = []
    until = time.perf_counter() + seconds

    def work() -> None:
        connection, own_times, own_sizes = Connection(port, is_returning=is_returning), [], []
        try:
            while (began := time.perf_counter()) < until:
                own_sizes.append(connection.fetch(paths[next(turns) % len(paths)]))
                own_times.append(time.perf_counter() - began)
        except Exception as problem:
            problems.append(problem)
        times.extend(own_times)
        sizes.extend(own_sizes)

    threads = [threading.Thread(target=work) for _number in range(concurrency)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if problems:
        raise problems[0]
    many = times if len(times) > 1 else times * 2
    cuts = [1000 * cut for cut in quantiles(many, n=100, method="inclusive")]
    return Result(len(times) / took, cuts[49], cuts[94], cuts[98], round(sum(sizes) / len(sizes)))
