"""The drill (deploy/drill.sh) works on copies: it reaches nothing of the portal that it is called beside."""

import os
import subprocess
from pathlib import Path

DRILL = Path(__file__).parents[1] / "deploy" / "drill.sh"
OF_THE_PORTAL = (
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "REPLICA_DATABASE_URL",
    "REPLICA_DATABASE_URL_FILE",
    "PGHOST",
    "PGDATABASE",
    "MEDIA_ROOT",
    "S3_BUCKET",
    "S3_BUCKET_FILE",
    "EMAIL_HOST",
    "EMAIL_HOST_FILE",
    "EMAIL_HOST_PASSWORD_FILE",
)
# Stands in for Python: gives the drill a database and writes down what each command could reach.
RECORDER = """#!/bin/sh
case "$*" in
*"postgres.py start") echo postgresql://drill@/drill ;;
*manage.py*) env >>"$RECORD" ;;
esac
"""


def test_drill_reaches_nothing_of_the_running_portal(tmp_path):
    recorder, record = tmp_path / "python", tmp_path / "record"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    own = dict.fromkeys(OF_THE_PORTAL, "of-the-portal") | {"STATE_DIR": "/of-the-portal"}
    environment = {**os.environ, **own, "PYTHON": str(recorder), "RECORD": str(record), "TMPDIR": str(tmp_path)}
    done = subprocess.run(["sh", str(DRILL), "/backups"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = record.read_text().splitlines()
    assert "DATABASE_URL=postgresql://drill@/drill" in seen
    assert {line for line in seen if line.endswith("=of-the-portal")} == set()
    assert "STATE_DIR=/of-the-portal" not in seen
