"""The table of the faults for the operator, out of what the tests recorded."""

from collections.abc import Iterable
from datetime import date

import pytest

HEAD = """# Bruchproben

Was passiert, wenn etwas kaputtgeht. Diese Seite schreibt `make faults` aus seinem Lauf: das Portal, wie `make run` es
startet (gunicorn mit zwei Prozessen, eingebettetes PostgreSQL, der Dienst für Briefe), wird unter Last beschädigt. Die
Zahlen sind die dieses Laufs (%s).

| Prüfung | was kaputtging | was Menschen sahen | Ergebnis |
|---|---|---|---|
"""
ELSEWHERE = """
Schon mit den Dateien aus `deploy/` gezeigt, siehe README („Operation“) und [Installation](installation.md): Datenbank
weg hinter nginx (F03), Sicherung und Rückspielen (F07, `tests/test_backup.py`, `deploy/drill.sh`), Wechsel des Releases
unter Last (F08).
"""
RESULTS = {"passed": "bestanden", "failed": "**gescheitert**", "skipped": "nicht ausgeführt (braucht root)"}


def table(reports: Iterable[pytest.TestReport]) -> str:
    rows = []
    for report in reports:
        said = dict(report.user_properties)
        cells = (said.get("check", report.nodeid), said.get("broken", "–"), said.get("seen", "–"))
        rows.append(f"| {' | '.join(str(cell) for cell in cells)} | {RESULTS[report.outcome]} |\n")
    return HEAD % f"{date.today():%d.%m.%Y}" + "".join(sorted(rows)) + ELSEWHERE
