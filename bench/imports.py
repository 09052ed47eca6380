"""`python -m bench.imports`: seconds to bring in a table of all projects as new ones, taken back again."""

import csv
import io
import time

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs the apps
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from projects.open_data.columns import COLUMNS  # noqa: E402
from projects.sheet_import import importing  # noqa: E402
from projects.sheet_import.sheets import OWN_KEY  # noqa: E402

OF_THE_PROJECT_ITSELF = ("id", "number", "url", "adopted_from", "adoptions")


def table() -> bytes:
    """The export, with keys of another list instead of those of the portal."""
    settings.ALLOWED_HOSTS = ["testserver"]
    text = b"".join(Client().get(reverse("projects:project_csv"))).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    gone = {str(column.label): "" for column in COLUMNS if column.name in OF_THE_PROJECT_ITSELF}
    target = io.StringIO()
    writer = csv.DictWriter(target, [str(OWN_KEY.label), *(rows.fieldnames or ())], delimiter=";")
    writer.writeheader()
    for number, row in enumerate(rows, start=1):
        writer.writerow({**row, **gone, str(OWN_KEY.label): number})
    return target.getvalue().encode()


content = table()
began = time.perf_counter()
with transaction.atomic():
    told = importing.bring_in(content, file_name="bench.csv", source="bench", is_submitted=False, is_kept=True)
    transaction.set_rollback(True)
if not told.can_apply:
    raise SystemExit(f"{len(told.problems)} cells are wrong: {told.problems[:3]}")
print(f"{time.perf_counter() - began:.0f}")
