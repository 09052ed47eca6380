"""`make bench`: fills databases, serves them as in production, measures page by page beside the constant page.

SIZES="1000 10000 100000" (1000000 on request), ROUND_SECONDS of each measurement, PAGES for fewer: parts of their names
with commas between them.
"""

import os
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from bench.load import Connection, FetchError, Result, measure, resolve
from bench.pages import ADMIN, CONSTANT, PAGES, Page
from tools import ROOT, state_folder
from tools.environment import say
from tools.portal import collect_static, ensure_free, portal_environment, serving
from tools.postgres import Cluster

PORT = 8765
ROUNDS = 3
SIZES = [int(size) for size in (os.environ.get("SIZES") or "1000 10000 100000").split()]
SECONDS = float(os.environ.get("ROUND_SECONDS") or "2")
MOST_WARMED = 50  # addresses; a page with more of them measures what nobody has seen yet
IMPORTED = 10_000  # projects in a table that is brought in
LARGEST_ADMIN = 100_000  # beyond that its list takes minutes
LARGEST_EXPORT = 10_000  # beyond that eight of them at once take many minutes
ONLY = os.environ.get("PAGES", "").lower().split(",")


@dataclass(frozen=True)
class Row:
    """One page at one size: medians over the rounds."""

    size: int
    page: Page
    one: Result  # one connection
    eight: Result  # eight connections
    share: float  # of the rate of the constant page in the same round, eight connections
    queries: str
    raw: int
    compressed: int


def main() -> int:
    rows: list[Row] = []
    notes: list[str] = []
    for size in SIZES:
        cluster = Cluster(f"bench-{size}")
        cluster.hold()
        environment = portal_environment(PORT, {"DATABASE_URL": cluster.start(), "DEMO": "0", "LOG_LEVEL": "WARNING"})
        try:
            say(f"── {size} Projekte")
            subprocess.run(
                [sys.executable, "-m", "bench.fill", str(size)], cwd=ROOT, env=unlimited(environment), check=True
            )
            collect_static(environment)
            measured, note = measure_size(size, environment | {"DJANGO_SETTINGS_MODULE": "bench.settings"})
            rows += measured
            notes.append(note)
        finally:
            cluster.stop_if_last()
    table = [*head(), *map(line, rows), "", *notes, "", *verdicts(rows)]
    say("\n".join(table))
    (state_folder() / "bench.md").write_text("\n".join(table) + "\n", encoding="utf-8")
    return 1 if "VERFEHLT" in "\n".join(table) else 0


def unlimited(environment: dict[str, str]) -> dict[str, str]:
    """For what is no request: statements may take as long as they need."""
    return environment | {"STATEMENT_TIMEOUT_MS": "0"}


def measure_size(size: int, environment: dict[str, str]) -> tuple[list[Row], str]:
    ensure_free(PORT)
    began = time.perf_counter()
    with serving(environment, PORT) as server:
        ready = time.perf_counter() - began
        Connection(PORT).fetch("/projekte/")
        first = time.perf_counter() - began - ready
        pages = (CONSTANT, *([ADMIN] if size <= LARGEST_ADMIN else []), *PAGES)
        rows = [
            row
            for page in pages
            if not page.is_streamed or size <= LARGEST_EXPORT
            if any(part in page.name.lower() for part in ONLY)
            for row in measure_page(size, page, environment)
        ]
        memory = [resident(pid) for pid in workers(server.pid)]
        notes = [burst(size), bounded(size, "Arbeitsspeicher je Worker", max(memory), 150, "MB", at=100_000)]
    work = int(module("bench.publish", environment))
    notes.append(bounded(size, "Arbeit für eine Veröffentlichung", work, 50, "ms", at=100_000))
    if size == IMPORTED:
        took = int(module("bench.imports", unlimited(environment)))
        notes.append(bounded(size, "Einlesen einer Tabelle", took, 60, "s", at=IMPORTED))
    notes.append(f"{size} Projekte: bereit {ready:.1f} s nach dem Start, erste Anfrage {1000 * first:.0f} ms.")
    return rows, "\n".join(notes)


def burst(size: int) -> str:
    """200 readers at once: nobody may get an error, and the last must not wait for ever."""
    try:
        found = measure(PORT, ["/projekte/", "/projekte/?topic=language"], seconds=SECONDS, concurrency=200)
    except (FetchError, OSError) as problem:
        return f"VERFEHLT: 200 Leser zugleich bei {size}: {problem}"
    return f"ERREICHT: 200 Leser zugleich bei {size}: kein Fehler, p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms"


def bounded(size: int, what: str, found: float, most: float, unit: str, *, at: int) -> str:
    """A line for a figure; it is a bar only at one size."""
    said = f"{what} bei {size}: {found} {unit}"
    return f"{verdict(found <= most)}: {said} (höchstens {most} {unit})" if size == at else said


def measure_page(size: int, page: Page, environment: dict[str, str]) -> Iterator[Row]:
    try:
        paths = [resolve(PORT, path) for path in page.paths]
        ones, eights, shares, turns = [], [], [], count()
        warm(page, paths)
        for _round in range(
            1 if page.is_streamed else ROUNDS
        ):  # side by side, so that a busy moment of the machine meets both
            constant = measure(PORT, list(CONSTANT.paths), seconds=SECONDS / 2, concurrency=8)
            visit = partial(measure, PORT, paths, turns=turns, is_returning=page.is_known)
            eight = visit(seconds=SECONDS, concurrency=8)
            ones.append(visit(seconds=SECONDS / 2, concurrency=1))
            eights.append(eight)
            shares.append(eight.rate / constant.rate)
    except (FetchError, OSError) as problem:
        say(f"   {page.name}: {problem}")
        return
    one, eight = (sorted(found, key=lambda result: result.rate)[len(found) // 2] for found in (ones, eights))
    raw, compressed = sizes(paths[0])
    yield Row(size, page, one, eight, median(shares), queries(paths[0], environment), raw, compressed)
    say(f"   {page.name}: {median(shares):.3f}, {eight.rate:.0f}/s, {one.p50:.1f} ms")


def warm(page: Page, paths: list[str]) -> None:
    """Every worker has seen every address; which one answers is decided by connection, so several ask for all."""
    if len(paths) <= MOST_WARMED and not page.is_streamed:
        for _connection in range(8):
            connection = Connection(PORT)
            for path in paths:
                connection.fetch(path)


def sizes(path: str) -> tuple[int, int]:
    """Bytes of the page as it is, and as nginx would send it (gzip, level 6)."""
    body = Connection(PORT).body(path)
    return len(body), len(zlib.compress(body, 6))


def queries(path: str, environment: dict[str, str]) -> str:
    return module("bench.queries", environment, path)


def module(name: str, environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", name, *arguments]
    return subprocess.check_output(command, cwd=ROOT, env=environment, text=True).strip()


def workers(master: int) -> list[int]:
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return [int(pid) for pid in children]


def resident(pid: int) -> int:
    """Megabytes that the process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return round(int(found[1]) / 1024) if found else 0


def head() -> list[str]:
    names = "Projekte | Seite | Anteil | je Sekunde (8) | p50 (1) ms | p50 | p95 | p99 (8) ms | Abfragen | KB | KB gz"
    return [f"| {names} |", "|" + "---|" * len(names.split("|"))]


def line(row: Row) -> str:
    cells = (
        row.size,
        row.page.name,
        f"{row.share:.3f}",
        f"{row.eight.rate:.0f}",
        f"{row.one.p50:.1f}",
        f"{row.eight.p50:.1f}",
        f"{row.eight.p95:.1f}",
        f"{row.eight.p99:.1f}",
        row.queries,
        f"{row.raw / 1000:.0f}",
        f"{row.compressed / 1000:.1f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def verdicts(rows: list[Row]) -> Iterator[str]:
    """A line for each bar: met or missed."""
    by_name = {(row.page.name, row.size): row for row in rows}
    for row in rows:
        where = f"{row.page.name} bei {row.size}"
        if bars := row.page.bars.get(row.size, row.page.bars.get(0)):
            met = "ERREICHT (Ziel)" if row.share >= bars.aim else verdict(row.share >= bars.must)
            yield f"{met}: {where}: Anteil {row.share:.3f} (Muss {bars.must}, Ziel {bars.aim})"
        if (most := row.page.milliseconds) and row.size == 100_000:
            yield f"{verdict(row.one.p50 <= most)}: {where}: {row.one.p50:.1f} ms (höchstens {most:.0f})"
        if row.page.is_streamed:
            rate, alone = row.size * row.eight.rate, row.size * 1000 / row.one.p50
            said = f"{rate:.0f} Zeilen je Sekunde, einer allein {alone:.0f}"
            yield f"{verdict(rate >= 5000)}: {where}: {said} (mindestens 5000)"
        small = by_name.get((row.page.name, 1_000))
        if row.size == 1_000_000 and small and not row.page.is_streamed:
            kept = row.share / small.share
            said = f"{where}: {kept:.2f} des Durchsatzes bei 1000"
            yield (
                f"Ohne Schranke: {said}" if row.page.is_first else f"{verdict(kept >= 0.45)}: {said} (mindestens 0.45)"
            )


def verdict(is_met: bool) -> str:
    return "ERREICHT" if is_met else "VERFEHLT"


sys.exit(main())
