"""The rules of the HTTP Observatory (formerly Mozilla's) as a table: an answer → its modifiers → its grade.

What each rule looks at and what it is worth: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring and
the grader's own chart (mdn/mdn-http-observatory, November 2026). Preloading is left out: no header decides about it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import Morsel
from urllib.parse import urljoin, urlsplit

SIX_MONTHS = 15_768_000  # seconds
BROAD = {"*", "http:", "https:", "ftp:", "http://*", "https://*", "http://*.*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
UNSAFE = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
# From which score on; below all of them F.
GRADES = {
    100: "A+",
    90: "A",
    85: "A-",
    80: "B+",
    70: "B",
    65: "B-",
    60: "C+",
    50: "C",
    45: "C-",
    40: "D+",
    30: "D",
    25: "D-",
}
BONUSES_FROM = 90


@dataclass(frozen=True)
class Answer:
    """What the scanner sees of one answer over https; names of headers in small letters."""

    headers: Mapping[str, str]
    cookies: Iterable[Morsel[str]] = ()
    scripts: Iterable[tuple[str, bool]] = ()  # absolute address, and whether it has a hash for its content
    address: str = "https://mosaik.example.net/"


Policy = dict[str, set[str]]


def policy_of(header: str) -> Policy:
    """Directive → sources. Of a directive that is given twice browsers take the first."""
    found: Policy = {}
    for part in filter(str.strip, header.lower().split(";")):
        name, *sources = part.split()
        found.setdefault(name, set(sources))
    return found


def content_security_policy(answer: Answer) -> int:
    policy = policy_of(answer.headers.get("content-security-policy", ""))
    if not policy:
        return -25
    default = policy.get("default-src", {"*"})
    script, style, objects = (policy.get(name, default) for name in ("script-src", "style-src", "object-src"))
    passive = policy.get("img-src", default) | policy.get("media-src", default)
    active = set().union(*(policy[name] for name in policy if name not in ("img-src", "media-src")))
    if script & (BROAD | INLINE) or objects & BROAD:
        return -20
    if any(source.startswith(("http:", "ftp:")) for source in active):
        return -20
    if "'unsafe-eval'" in script | style or any(source.startswith(("http:", "ftp:")) for source in passive):
        return -10
    if style & (BROAD | INLINE):
        return 0
    return 10 if default == {"'none'"} else 5


def cookies(answer: Answer) -> int:
    worst = 5 if answer.cookies else 0
    is_strict = strict_transport_security(answer) == 0
    for cookie in answer.cookies:
        is_session = any(word in cookie.key.lower() for word in ("sess", "login"))
        same_site = cookie["samesite"].lower()
        if not cookie["secure"]:
            worst = min(worst, (-10 if is_strict else -40) if is_session else (-5 if is_strict else -20))
        if same_site not in ("", "lax", "strict") or (not same_site and "csrf" in cookie.key.lower()):
            worst = min(worst, -20)
        if is_session and not cookie["httponly"]:
            worst = min(worst, -30)
        worst = min(worst, 5 if same_site else 0)
    return worst


def cross_origin_resource_sharing(answer: Answer) -> int:
    """`*` without cookies is meant for public data; an echo of whoever asks, with cookies, opens everything."""
    allowed = answer.headers.get("access-control-allow-origin", "")
    with_cookies = answer.headers.get("access-control-allow-credentials", "").lower() == "true"
    return -50 if allowed not in ("", "*") and with_cookies else 0


def cross_origin_resource_policy(answer: Answer) -> int:
    values = {"": 0, "cross-origin": 0, "same-site": 10, "same-origin": 10}
    return values.get(answer.headers.get("cross-origin-resource-policy", "").lower(), -5)


def strict_transport_security(answer: Answer) -> int:
    header = answer.headers.get("strict-transport-security", "")
    age = re.search(r"max-age=(\d+)", header.lower())
    if not age:
        return -20
    return 0 if int(age[1]) >= SIX_MONTHS else -10


def referrer_policy(answer: Answer) -> int:
    header = answer.headers.get("referrer-policy", "")
    last = header.lower().split(",")[-1].strip()
    return 5 if last in PRIVATE else -5 if last or last in UNSAFE else 0


def subresource_integrity(answer: Answer) -> int:
    """Scripts of one's own need no hash; those of others need one, and https."""
    worst = 0
    for address, has_hash in answer.scripts:
        if urlsplit(address).scheme != "https":
            worst = min(worst, -20 if has_hash else -50)
        elif urlsplit(address).netloc != urlsplit(answer.address).netloc and not has_hash:
            worst = min(worst, -5)
    return worst


def content_type_options(answer: Answer) -> int:
    return 0 if answer.headers.get("x-content-type-options", "").lower() == "nosniff" else -5


def frame_options(answer: Answer) -> int:
    ancestors = policy_of(answer.headers.get("content-security-policy", "")).get("frame-ancestors", {"*"})
    if not ancestors & BROAD:
        return 5
    return 0 if answer.headers.get("x-frame-options", "").upper() in ("DENY", "SAMEORIGIN") else -20


RULES = (
    content_security_policy,
    cookies,
    cross_origin_resource_sharing,
    cross_origin_resource_policy,
    strict_transport_security,
    referrer_policy,
    subresource_integrity,
    content_type_options,
    frame_options,
)


def modifiers(answer: Answer) -> dict[str, int]:
    return {rule.__name__: rule(answer) for rule in RULES}


def grade(answer: Answer) -> str:
    """Bonuses count only for whoever has 90 points without them."""
    points = modifiers(answer).values()
    score = 100 + sum(point for point in points if point < 0)
    if score >= BONUSES_FROM:
        score += sum(point for point in points if point > 0)
    return next((letter for least, letter in GRADES.items() if score >= least), "F")


def redirection(location: str, address: str) -> int:
    """Of the first answer over plain http."""
    target, asked = urlsplit(urljoin(address, location)), urlsplit(address)
    if not location or target.scheme != "https":
        return -20
    return 0 if target.hostname == asked.hostname else -5


class Scripts(HTMLParser):
    """Collects the addresses of a page's scripts, and which of them name a hash."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address, self.found = address, []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("src"):
            self.found.append((urljoin(self.address, given["src"]), bool(given.get("integrity"))))
