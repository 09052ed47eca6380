"""The table check → tests → result (docs/checks.md): `pytest --checks-table=docs/checks.md` writes it.

Tests say by `@pytest.mark.check("S01")` what they show. Which tests there are is read from the sources, not from what
was collected, so that a run of a single file does not hide the rest: that is „not run“.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
# What each check demands, in one line.
CHECKS = {
    "A01": "axe finds nothing: pages and desk, their states, light, dark, forced colours, 320 and 1280 px",
    "A02": "bytes and requests of a first visit within the budget",
    "A03": "keyboard: skip link, order, visible ring, no trap",
    "A04": "error summary: title, focus, links to fields",
    "A05": "320 px, 200 % text, text spacing: nothing cut, nothing sideways",
    "A06": "right-to-left: logical properties only",
    "A07": "the reader's and the submitter's way without JavaScript",
    "A08": "valid HTML, one h1, no skipped level, unique ids",
    "A09": "legal and accessibility pages linked on every page; placeholders refused",
    "S01": "access table: every address × visitor × status; a new address without a row fails",
    "S02": "each POST by everybody who may not",
    "S03": "generated users × municipalities × objects: no row of others read or changed",
    "S04": "extra POST fields are ignored",
    "S05": "drafts are in no list, page, search, count, feed, sitemap, export",
    "S06": "no work at the desk without a second factor; /admin/login/ does not skip it",
    "S07": "a passkey registers and signs in",
    "S08": "40 parallel wrong passwords over 4 workers: at most 5 checked",
    "S09": "nobody learns who has an account",
    "S10": "sessions: idle 60 min, absolute 12 h, ended by password change and deactivation",
    "S11": "headers on every route and error; CSP without inline; check --deploy silent",
    "S12": "rules of the Mozilla Observatory: A+ without a fault for every kind of answer, nginx's own included",
    "S13": "anonymous GET: no Set-Cookie, no Vary: Cookie",
    "S14": "no request to third parties",
    "S15": "retention: deleted by command, export per person",
    "S16": "logs: JSON, one line, no secrets",
    "S17": "Markdown: only 8 elements, and sup around citations; href http, https, mailto, whatever is typed",
    "S18": "generated input in every form: never 500, stored as NFC",
    "S19": "fuzzed query strings: never 5xx",
    "S20": "uploads: refused or re-encoded, no metadata, memory bounded",
    "S21": "open redirect, CSV formulas, header newlines",
    "S22": "rate limits answer 429",
    "R01": "20 parallel submissions with one key: 1 project, 1 letter",
    "R02": "20 parallel edits of one version: 1 saved, 19 answered 409 with both texts",
    "R03": "each allowed and forbidden transition, also by raw SQL",
    "R04": "public text unchanged until its edit is approved",
    "R05": "killed tab, ended session: at most 30 s of text lost",
    "R06": "audit: who, what, when, from → to; rows cannot be changed",
    "R07": "outbox: sender killed, server refusing or hanging: nothing unsent, dead letters visible",
    "R08": "search pairs (number, umlauts, compounds, typing errors) in the first 10",
    "R09": "no query in a loop; literal query counts",
    "R10": "migrations from empty and from what earlier releases have left, back and forth: no value lost",
    "R11": "HTML count = CSV rows = JSON count for any filter",
    "F01": "worker killed under load",
    "F02": "database killed for 10 s: nothing acknowledged lost, 503 in German with Retry-After, back in 5 s",
    "F03": "database down behind nginx: pages seen before still 200",
    "F04": "database disk full",
    "F05": "media disk full: message, no row, no partial file",
    "F06": "a locked row: answer in 5 s, others fast",
    "F07": "backup → restoration into a fresh machine → equal",
    "F08": "release switch under load: 0 × 5xx",
}
# What no test shows yet. A check leaves this list with its first mark; test_checks_table.py insists on that.
OPEN: dict[str, str] = {}
Marked = dict[str, set[str]]  # check → tests as `path::function`


def marked() -> Marked:
    """What the tests say that they show, from their sources; a mark of a module counts for each of its tests."""
    found = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        whole = [check for node in tree.body if _is_pytestmark(node) for check in _checks(node.value)]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                own = [check for decorator in node.decorator_list for check in _checks(decorator)]
                for check in {*whole, *own}:
                    found[check].add(f"{path.relative_to(ROOT)}::{node.name}")
    return dict(found)


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(one, ast.Name) and one.id == "pytestmark" for one in node.targets
    )


def _checks(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.check":
            yield from (ast.literal_eval(argument) for argument in call.args)


def table(tests: Marked, outcomes: dict[str, set[str]]) -> str:
    """Markdown; `outcomes` has what was reported of each test: passed, failed, skipped."""
    lines = [
        "# Checks",
        "",
        "Written by `make checks`: what has to hold, which tests show it, how they ended. *not run* means that no run",
        "has reached the test, *open* that no test carries the mark yet.",
        "",
        "| check | demands | tests | result |",
        "|---|---|---|---|",
    ]
    for check, demand in CHECKS.items():
        names = sorted(tests.get(check, ()))
        shown = "<br>".join(f"`{name}`" for name in names) or OPEN.get(check, "")
        states = ", ".join(_counted([_state(outcomes.get(name, set())) for name in names])) or "open"
        lines.append(f"| {check} | {demand} | {shown} | {states} |")
    return "\n".join(lines) + "\n"


def _state(outcomes: set[str]) -> str:
    """Of a test with several parameters: one failure counts for all, and so does what never ran."""
    return next((state for state in ("failed", "passed", "skipped") if state in outcomes), "not run")


def _counted(states: list[str]) -> list[str]:
    return [f"{states.count(state)} {state}" for state in ("passed", "failed", "skipped", "not run") if state in states]


# --- pytest's hooks, imported by conftest.py


KEPT = "checks/outcomes"  # in the cache of pytest


class Recorder:
    """Listens to the reports, also those of other workers, and writes the table at the end.

    What this run does not reach stays as an earlier one reported it: browser, faults and all others run one by one.
    """

    def __init__(self, target: Path, cache: pytest.Cache) -> None:
        self.target, self.cache, self.outcomes = target, cache, defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid.split("[")[0]].add(report.outcome)

    def pytest_sessionfinish(self) -> None:
        earlier = {name: set(outcomes) for name, outcomes in self.cache.get(KEPT, {}).items()}
        known = earlier | self.outcomes
        self.cache.set(KEPT, {name: sorted(outcomes) for name, outcomes in known.items()})
        self.target.write_text(table(marked(), known), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--checks-table", metavar="FILE", help="writes which tests show which check, and how they ended")


def register(config: pytest.Config) -> None:
    target = config.getoption("--checks-table")
    if target and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(Path(target), config.cache))
