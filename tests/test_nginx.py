"""The nginx in front, with the file that operators install: what it hides, keeps, refuses and never mixes up."""

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from zeal import zeal_ignore

from municipalities.models import User
from projects import workflow
from projects.models import Picture, Project
from tests import observatory
from tests.factories import make_municipality, make_project
from tests.projects.submitting import make_member
from tests.served import ROOT, environment_of, free_port, start, wait_for_socket

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin")
NAME = "mosaik.example.org"
TOKEN = "a-token-of-the-operator"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: deploy/nginx was NOT tested")


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    made = builder.sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*form))


def configuration(folder: Path, media: Path, ports: dict[str, int], more: str) -> str:
    """The shipped file with this test's places and ports; brotli is a module that not every machine has."""
    text = (ROOT / "deploy/nginx/integrationsmosaik.conf").read_text()
    text = re.sub(r"^ +listen \[::\].*\n|^ +brotli.*\n", "", text, flags=re.MULTILINE)
    for shipped, here in (
        ("/run/integrationsmosaik.sock", f"{folder}/portal.sock"),
        ("/var/lib/integrationsmosaik/media/", f"{media}/"),
        ("/var/lib/nginx/integrationsmosaik", f"{folder}/cache"),
        ("/etc/integrationsmosaik/tls", str(folder)),
        ("/opt/integrationsmosaik/current", str(ROOT)),
        ("include snippets", f"include {ROOT}/deploy/nginx"),
        ("listen 127.0.0.1:9180", f"listen 127.0.0.1:{ports['metrics']}"),
        ("listen 443", f"listen 127.0.0.1:{ports['https']}"),
        ("listen 80", f"listen 127.0.0.1:{ports['http']}"),
        ("rate=5r/s", "rate=1r/m"),  # so that it does not matter how fast this machine asks
    ):
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi"))
    return (
        f"user root; daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{ }}\n"
        f"http {{ access_log off; scgi_temp_path {folder}/scgi; {temporary}\n"
        f"types {{ text/html html; text/css css; }}\n{more}\n{text}\n}}\n"
    )


@dataclass
class Front:
    """nginx and the portal behind it."""

    ports: dict[str, int]
    environment: dict[str, str]
    folder: Path
    portal: subprocess.Popen[bytes] = field(init=False)

    def start_portal(self, **more: str) -> None:
        self.portal = start(self.environment | more, "--bind", f"unix:{self.folder}/portal.sock")

    def stop_portal(self) -> None:
        self.portal.terminate()
        self.portal.wait(timeout=30)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, host: str = NAME, **headers: str):
        """Status, headers and body, as a visitor who knows the portal's name gets them."""
        context = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        talk = HTTPSConnection("127.0.0.1", self.ports["https"], timeout=60, context=context)
        talk.sock = context.wrap_socket(HTTPConnectionTo(self.ports["https"]).sock, server_hostname=NAME)
        return answer_of(talk, method, path, body, {"Host": host, **headers})

    def ask_metrics(self, path: str, **headers: str):
        talk = HTTPConnection("127.0.0.1", self.ports["metrics"], timeout=60)
        return answer_of(talk, "GET", path, None, headers)


class HTTPConnectionTo(HTTPConnection):
    """A connected socket, to speak TLS on it with another name than the address."""

    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port, timeout=60)
        self.connect()


def answer_of(talk: HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]):
    try:
        talk.request(method, path, body, headers)
        answer = talk.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        talk.close()


@pytest.fixture
def front(transactional_db, tmp_path, settings, request) -> Iterator[Front]:
    """A parameter is one more line for nginx."""
    certificate(tmp_path)
    ports = {"https": free_port(), "http": free_port(), "metrics": free_port()}
    media = Path(settings.MEDIA_ROOT)
    (tmp_path / "nginx.conf").write_text(configuration(tmp_path, media, ports, getattr(request, "param", "")))
    more = {"MEDIA_ROOT": str(media), "METRICS_TOKEN": TOKEN, "PROXY_COUNT": "1", "ACCEL_PREFIX": "/intern/"}
    front = Front(ports, environment_of(f"https://{NAME}", tmp_path, more), tmp_path)
    front.start_portal()
    nginx = subprocess.Popen([NGINX, "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=subprocess.PIPE, text=True)
    try:
        wait_for_socket(tmp_path / "portal.sock")
        time.sleep(0.5)
        assert nginx.poll() is None, nginx.stderr.read()
        yield front
    finally:
        for process in (nginx, front.portal):
            process.terminate()
            process.communicate(timeout=30)


def make_published(title: str) -> Project:
    body, desk = make_municipality(), User.objects.create_superuser(f"{title}@example.org")
    with zeal_ignore():
        project = workflow.submit(make_project(lead=body, title=title), by=make_member(body, f"m-{title}@example.org"))
        return workflow.publish(project, by=desk)


def test_metrics_are_private_and_rushes_are_slowed(front):
    assert front.ask("/metrics", **BEARER)[0] == 404  # from outside not even with the token
    assert front.ask("/metrics")[0] == 404
    assert front.ask_metrics("/metrics")[0] == 404
    status, _headers, body = front.ask_metrics("/metrics", **BEARER)
    assert (status, b"mosaik_database_up 1" in body) == (200, True)
    assert front.ask_metrics("/projekte/")[0] == 404
    assert front.ask_metrics("/admin/")[0] == 404
    with pytest.raises((OSError, HTTPException)):  # 444: no answer at all
        front.ask("/", host="evil.example")
    status, headers, _body = answer_of(HTTPConnection("127.0.0.1", front.ports["http"]), "GET", "/x?y=1", None, {})
    assert (status, headers["Location"]) == (301, f"https://{NAME}/x?y=1")
    status, _headers, body = front.ask("/projekte/", "POST", b"x" * 12_600_000)
    assert (status, "10 MB" in body.decode()) == (413, True)
    # A person who types is never slowed: 41 at once are let through, whoever sends more waits.
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(lambda _number: front.ask("/livez", "POST", b"")[0], range(60)))
    assert answers.count(429) == 60 - 41


@pytest.mark.check("F03", "S12")
def test_cache_serves_readers_and_nobody_else(front):
    """And nginx shows what it has, also once the portal itself is away."""
    project = make_published("weg")
    path = project.get_absolute_url()
    assert [front.ask(path)[0], front.ask("/impressum/")[1]["X-Cache"]] == [200, "MISS"]
    assert front.ask("/impressum/")[1]["X-Cache"] == "HIT"
    for _time in range(2):
        assert front.ask("/impressum/", Cookie="__Host-session=abc")[1]["X-Cache"] == "BYPASS"
    front.ask("/barrierefreiheit/", Cookie="__Host-session=abc")
    assert front.ask("/barrierefreiheit/")[1]["X-Cache"] == "MISS"
    assert "X-Cache" not in front.ask("/konto/anmelden/")[1]

    workflow.withdraw(project, by=User.objects.get(is_superuser=True), note="Auf Wunsch der Kommune.")
    until(lambda: front.ask(path)[0] == 410)  # fetched anew behind an answer, once ten seconds are over
    front.stop_portal()
    assert front.ask(path)[0] == 410  # what was withdrawn does not come back
    status, headers, body = front.ask("/impressum/")
    assert (status, headers["X-Cache"] in ("STALE", "UPDATING")) == (200, True)
    assert b"Impressum" in body
    status, headers, body = front.ask("/datenschutz/")
    assert (status, headers["Retry-After"]) == (503, "30")
    assert "gleich wieder da" in body.decode()
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert grade_of(headers) == "A+"
    assert front.ask("/fehler/fehler.css")[1]["Content-Type"] == "text/css"


@pytest.mark.check("F03")
@pytest.mark.parametrize("front", ["proxy_ignore_headers Cache-Control;"], indirect=True)
def test_pages_seen_before_outlast_the_database(front):
    """By nginx's own rules: what the portal says of its pages gives them a day, the runbook promises two."""
    withdrawn = make_published("weg")
    workflow.withdraw(withdrawn, by=User.objects.get(is_superuser=True), note="Auf Wunsch der Kommune.")
    seen = {"/projekte/": 200, withdrawn.get_absolute_url(): 410}
    assert {path: front.ask(path)[0] for path in seen} == seen
    front.stop_portal()
    front.start_portal(DATABASE_URL=f"postgresql:///mosaik?host={front.folder}")
    wait_for_socket(front.folder / "portal.sock")
    time.sleep(5.5)  # older than the five seconds
    status, _headers, body = front.ask("/projekte/?q=unbekannt")
    assert (status, "Die Datenbank antwortet gerade nicht" in body.decode()) == (503, True)  # as the portal says it
    for _time in range(3):  # asking in vain does not throw away what there is
        for path, expected in seen.items():
            status, headers, _body = front.ask(path)
            assert (status, headers["X-Cache"] in ("STALE", "UPDATING")) == (expected, True), path
        time.sleep(0.5)


@pytest.mark.check("S12")
def test_pictures_are_sent_by_nginx_with_their_headers(front):
    default_storage.save("projekte/abc-400.webp", ContentFile(b"RIFF picture"))
    picture = Picture.objects.create(
        project=make_published("bild"),
        file="projekte/abc-400.webp",
        width=400,
        height=300,
        alt="a",
        credit="c",
        rights_confirmed=True,
    )
    status, headers, body = front.ask(f"/medien/bilder/{picture.pk}/400.webp")
    assert (status, body) == (200, b"RIFF picture")
    assert headers["Content-Type"] == "image/webp"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert grade_of(headers) == "A+"
    assert front.ask("/intern/projekte/abc-400.webp")[0] == 404


def grade_of(headers: dict[str, str]) -> str:
    return observatory.grade(observatory.Answer({name.lower(): value for name, value in headers.items()}))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_forwarded_address_is_the_one_that_nginx_sees():
    """What a visitor writes into X-Forwarded-For must not decide whose attempts are counted."""
    text = (ROOT / "deploy/nginx/integrationsmosaik-proxy.conf").read_text()
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "$proxy_add_x_forwarded_for" not in text
