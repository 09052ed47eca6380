"""Asking addresses: every kind of answer of a real server, and none at all from where nobody may ask (SSRF)."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from projects.link_probe import MOST_REDIRECTS, Prober, is_public, look_up
from projects.links import Answer
from projects.models import Outcome
from tests.projects.link_zoo import HOST, INSIDE, Zoo, opened


@pytest.fixture
def zoo() -> Iterator[Zoo]:
    with opened() as found:
        yield found


@pytest.mark.parametrize(
    ("path", "outcome", "status"),
    [
        ("/ok", Outcome.OK, 200),
        ("/missing", Outcome.NOT_FOUND, 404),
        ("/gone", Outcome.GONE, 410),
        ("/broken", Outcome.SERVER_ERROR, 500),
        ("/teapot", Outcome.REJECTED, 418),
        ("/denied", Outcome.DENIED, 403),
        ("/odd", Outcome.DENIED, 999),
    ],
)
def test_answer_of_the_server_is_put_into_words(zoo, path, outcome, status):
    assert zoo.prober().probe(zoo.url(path)) == Answer(outcome, status)
    assert zoo.methods == (["HEAD"] if status == 200 else ["HEAD", "GET"])


@pytest.mark.parametrize("path", ["/no-head", "/drops-head"])
def test_server_that_refuses_head_is_asked_for_the_page(zoo, path):
    assert zoo.prober().probe(zoo.url(path)) == Answer(Outcome.OK, 200)
    assert zoo.methods == ["HEAD", "GET"]


def test_redirects_are_counted_and_only_permanent_ones_say_where_to(zoo):
    probe = zoo.prober().probe
    assert probe(zoo.url("/moved")) == Answer(Outcome.OK, 200, 1, zoo.url("/ok"))
    assert probe(zoo.url("/moved-for-good")) == Answer(Outcome.OK, 200, 2, zoo.url("/ok"))
    assert probe(zoo.url("/found")) == Answer(Outcome.OK, 200, 1)
    assert probe(zoo.url("/umlaut")) == Answer(Outcome.OK, 200, 1)
    assert probe(zoo.url("/to-missing")) == Answer(Outcome.NOT_FOUND, 404, 1)


@pytest.mark.parametrize("path", ["/loop", "/around"])
def test_redirects_in_a_circle_end(zoo, path):
    assert zoo.prober().probe(zoo.url(path)) == Answer(Outcome.LOOP, redirects=MOST_REDIRECTS)
    assert len(zoo.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/inside", Outcome.INTERNAL),
        ("/other-port", Outcome.INTERNAL),
        ("/file", Outcome.UNREADABLE),
        ("/nonsense", Outcome.UNREADABLE),
    ],
)
def test_redirect_leads_nowhere_that_an_address_may_not(zoo, path, outcome):
    assert zoo.prober().probe(zoo.url(path)) == Answer(outcome, redirects=1)
    assert [asked for _method, asked, *_rest in zoo.asked] == [path]


def test_server_that_hangs_or_drips_is_left_in_time(zoo):
    for path in ("/hang", "/drip"):
        before = time.monotonic()
        assert zoo.prober(timeout=0.4).probe(zoo.url(path)).outcome == Outcome.TIMEOUT
        assert time.monotonic() - before < 3  # HEAD and GET


def test_body_is_never_read(zoo):
    assert zoo.prober().probe(zoo.url("/huge")) == Answer(Outcome.OK, 200)
    time.sleep(0.1)
    assert zoo.sent < 20_000_000  # what the buffers of two sockets on loopback hold


def test_unknown_host_and_closed_port(zoo):
    prober = zoo.prober(ports=frozenset({zoo.server_port, 1}))
    assert prober.probe("http://nowhere.example:1/").outcome == Outcome.NO_HOST
    assert prober.probe(f"http://{HOST}:1/").outcome == Outcome.NO_CONNECTION


def test_one_host_is_not_asked_twice_in_a_row_without_a_pause(zoo):
    prober = zoo.prober(pause=0.3)
    prober.probe(zoo.url("/missing"))
    prober.probe(zoo.url("/ok", "other.example"))
    (_h, _m, agent, first), (*_rest, second), (*_other, third) = zoo.asked
    assert agent == "Probe"
    assert second - first > 0.25
    assert third - second < 0.25


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path) -> Path:
    """Of zoo.example, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "zoo.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_certificate_that_nobody_vouches_for_or_of_another_name(certificate):
    with opened(certificate) as zoo:
        assert zoo.prober().probe(zoo.url("/ok")) == Answer(Outcome.TLS)
        trusting = zoo.prober(tls=ssl.create_default_context(cafile=str(certificate)))
        assert trusting.probe(zoo.url("/moved")) == Answer(Outcome.OK, 200, 1, zoo.url("/ok"))
        assert trusting.probe(zoo.url("/ok", "other.example")) == Answer(Outcome.TLS)


# --- where nobody may ask ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://0.0.0.0/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.1.2.3/", "http://192.168.1.1/", "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fd00::1]/",
        "http://[2002:7f00:1::]/", "http://[64:ff9b::7f00:1]/", "http://224.0.0.1/", "http://255.255.255.255/",
        "http://example.org:8000/", "http://example.org:22/",
    ],
)  # fmt: skip
def test_inner_addresses_are_refused_before_any_connection(url):
    assert Prober("Probe").probe(url) == Answer(Outcome.INTERNAL)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "http://", "//example.org", "javascript:alert(1)", "",
        "http://name:word@example.org/", "http://[half", "http://example.org:port/", f"http://{'x' * 70}.org/",
        "http://example.org/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address_on_the_web_is_not_asked(url):
    assert Prober("Probe").probe(url) == Answer(Outcome.UNREADABLE)


def test_public_addresses_are_allowed():
    for address in ("193.99.144.80", "2a02:2e0:3fe:1001:302::", "64:ff9b::c163:9050"):
        assert is_public(address)
    assert look_up("127.0.0.1", 80) == ["127.0.0.1"]


def test_only_the_allowed_addresses_of_a_host_are_connected_to(zoo):
    """A name may point inside and outside at once; and each connection goes to what one look-up said (rebinding)."""
    looked_up = []

    def both(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.2", "127.0.0.1"]

    prober = zoo.prober()
    prober.look_up = both
    assert prober.probe(zoo.url("/ok")) == Answer(Outcome.OK, 200)
    assert looked_up == [HOST]
    assert zoo.prober().probe(zoo.url("/ok", INSIDE)) == Answer(Outcome.INTERNAL)
