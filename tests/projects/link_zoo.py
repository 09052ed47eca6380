"""A web server of a few lines on loopback, whose pages are everything that an address on the web may turn out to be."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from projects.link_probe import Prober

HOST = "zoo.example"
INSIDE = "intranet.example"  # answers to a look-up with an address that is not allowed
NAMES = {HOST: ["127.0.0.1"], "other.example": ["127.0.0.1"], INSIDE: ["127.0.0.2"]}
MOVES = {
    "/moved": (301, "/ok"),
    "/moved-for-good": (308, "/moved"),
    "/found": (302, "/ok"),
    "/loop": (301, "/loop"),
    "/around": (302, "/back"),
    "/back": (302, "/around"),
    "/file": (301, "file:///etc/passwd"),
    "/nonsense": (301, "http://[half"),
    "/umlaut": (302, "/größe"),
    "/to-missing": (301, "/missing"),
}
STATUSES = {"/ok": 200, "/missing": 404, "/gone": 410, "/broken": 500, "/denied": 403, "/odd": 999, "/teapot": 418}


class Cage(BaseHTTPRequestHandler):
    """What each address does; `server.moods` may say otherwise for a path, as a status."""

    def do_HEAD(self) -> None:
        if self.path == "/no-head":
            self.say(405)
        elif self.path == "/drops-head":
            self.note()
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.do_GET()

    def do_GET(self) -> None:
        if self.path in self.server.moods:
            self.say(self.server.moods[self.path])
        elif self.path in MOVES:
            status, location = MOVES[self.path]
            self.say(status, location.encode().decode("latin-1"))
        elif self.path == "/inside":
            self.say(302, f"http://{INSIDE}:{self.server.server_port}/secret")
        elif self.path == "/other-port":
            self.say(302, f"http://{HOST}:{self.server.server_port + 1}/ok")
        elif self.path == "/hang":
            self.note()
            self.server.release.wait(30)
        elif self.path in ("/drip", "/huge"):
            self.flow(self.path == "/drip")
        else:
            known = {"/no-head": 200, "/drops-head": 200, "/gr%C3%B6%C3%9Fe": 200, **STATUSES}
            self.say(known.get(self.path, 404))

    def flow(self, is_drip: bool) -> None:
        """A header that does not end, a few letters at a time; or a body that does not."""
        self.note()
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Slow: " if is_drip else b"\r\n"))
        try:
            while not self.server.release.is_set():
                self.server.sent += self.wfile.write(b"x" if is_drip else b"x" * 65536) or 0
                time.sleep(0.02 if is_drip else 0)
        except OSError:
            return  # the other side has had enough

    def say(self, status: int, location: str = "") -> None:
        self.note()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def note(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["User-Agent"], time.monotonic()))

    def log_message(self, *args) -> None:
        """Nothing on the screen."""


class Zoo(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Cage)
        self.asked: list[tuple[str, str, str, float]] = []
        self.moods: dict[str, int] = {}
        self.release = threading.Event()
        self.sent = 0
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"

    def handle_error(self, *args) -> None:
        """Whoever hangs up is no error here."""

    def url(self, path: str, host: str = HOST) -> str:
        return f"{self.scheme}://{host}:{self.server_port}{path}"

    def prober(self, **fields) -> Prober:
        """One that may go to this server, and nowhere else."""
        wanted = {"timeout": 1.0, "pause": 0.0, "ports": frozenset({self.server_port}), **fields}
        return Prober("Probe", look_up=look_up, is_allowed=lambda address: address == "127.0.0.1", **wanted)

    @property
    def methods(self) -> list[str]:
        return [method for method, *_rest in self.asked]


def look_up(host: str, port: int) -> list[str]:
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return NAMES[host]


@contextmanager
def opened(certificate: Path | None = None) -> Iterator[Zoo]:
    with Zoo(certificate) as zoo:
        thread = threading.Thread(target=zoo.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield zoo
        finally:
            zoo.release.set()
            zoo.shutdown()
            thread.join()
