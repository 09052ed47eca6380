"""How many requests were answered how and how fast, over all workers: numbers in memory that the workers share.

gunicorn's master makes the memory before it forks and gives each worker a row of its own: nobody waits for anybody, and
what a worker has counted stays when it dies. Its successor goes on with the row. Standard library only.
"""

import mmap
import threading
from typing import Any

AREAS = ("read", "change", "desk", "machine")
STATUSES = (200, 301, 302, 304, 400, 403, 404, 405, 409, 410, 429, 500, 503)
OTHER = len(STATUSES)
LIMITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds; what took longer stands in the last bucket

ROWS = 64  # a reload has twice the workers for a moment
_PER_AREA = len(STATUSES) + 1 + len(LIMITS) + 1 + 1  # answers by status, answers by duration, microseconds
_WIDTH = _PER_AREA * len(AREAS)
_cells = memoryview(mmap.mmap(-1, 8 * ROWS * _WIDTH)).cast("Q")  # anonymous and shared with forked processes
_threads = threading.Lock()
_row = 0
_taken: dict[int, int] = {}  # row of each worker that lives; only the master knows


def area_of(method: str, route: str) -> str:
    """Kinds of requests that an operator wants to tell apart."""
    if route.startswith("admin/"):
        return "desk"
    if route in ("livez", "readyz", "metrics"):
        return "machine"
    return "read" if method in ("GET", "HEAD", "OPTIONS") else "change"


def add(area: str, status: int, seconds: float) -> None:
    """Counts one answer. Only this process writes its row, so a lock for its threads is enough."""
    start = _row * _WIDTH + AREAS.index(area) * _PER_AREA
    by_status = STATUSES.index(status) if status in STATUSES else OTHER
    by_duration = next((place for place, limit in enumerate(LIMITS) if seconds <= limit), len(LIMITS))
    with _threads:
        _cells[start + by_status] += 1
        _cells[start + OTHER + 1 + by_duration] += 1
        _cells[start + _PER_AREA - 1] += round(seconds * 1_000_000)


def totals(area: str) -> tuple[list[int], list[int], float]:
    """Over all workers: answers by status (the last: any other), answers by duration (not added up), seconds."""
    start = AREAS.index(area) * _PER_AREA
    sums = [sum(_cells[row * _WIDTH + start + place] for row in range(ROWS)) for place in range(_PER_AREA)]
    return sums[: OTHER + 1], sums[OTHER + 1 : -1], sums[-1] / 1_000_000


# --- called by gunicorn's master --------------------------------------------------------------------------------------


def pre_fork(server: Any, worker: Any) -> None:
    """The next worker gets the first row that nobody has."""
    global _row
    _row = next((row for row in range(ROWS) if row not in _taken.values()), ROWS - 1)
    _taken[id(worker)] = _row


def child_exit(server: Any, worker: Any) -> None:
    _taken.pop(id(worker), None)
