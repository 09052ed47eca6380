"""Deletes stored pictures and papers that no row has any more, and names rows whose files are missing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from projects import pictures
from projects.models import Attachment, Picture, ProjectVersion

# A picture that is being uploaded has its files before it has its row.
GRACE = timedelta(days=1)
KEPT_VERSIONS = 2


def stored_files() -> Iterator[str]:
    for folder in (pictures.PICTURE_FOLDER, pictures.PAPER_FOLDER):
        try:
            names = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        yield from (f"{folder}/{name}" for name in names)


def files_of_rows() -> dict[str, str]:
    """Every file that a row has, and the row's name."""
    rows: list[Picture | Attachment] = [*Picture.objects.all(), *Attachment.objects.all()]
    return {name: f"{row._meta.verbose_name} {row.pk}" for row in rows for name in pictures.files_of(row)}


def files_of_versions() -> set[str]:
    """Files of the last two published versions of every project, so that the one before can be restored."""
    found: set[str] = set()
    seen: dict[int, int] = {}
    versions = ProjectVersion.objects.order_by("project", "-number")
    for project, rows, papers in versions.values_list("project_id", "data__pictures", "data__attachments").iterator():
        seen[project] = seen.get(project, 0) + 1
        if seen[project] <= KEPT_VERSIONS:
            found |= {paper["file"] for paper in papers or []}
            for row in rows or []:
                found |= set(Picture(file=row["file"], width=row["width"], height=row["height"]).file_names)
    return found


class Command(BaseCommand):
    help = "Löscht Bilder und Anlagen, die zu keinem Projekt mehr gehören."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="nur sagen, was gelöscht würde")
        parser.add_argument(
            "--also-versions",
            action="store_true",
            help="auch, was nur noch frühere Fassungen zeigen (wenn jemand seine Einwilligung zurücknimmt)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        there = set(stored_files())
        of_rows = files_of_rows()
        wanted = set(of_rows) | (set() if options["also_versions"] else files_of_versions())
        before = timezone.now() - GRACE
        gone = [name for name in sorted(there - wanted) if default_storage.get_modified_time(name) < before]
        for name in gone:
            if not options["dry_run"]:
                default_storage.delete(name)
            self.stdout.write(f"{'würde gelöscht' if options['dry_run'] else 'gelöscht'}: {name}")
        for name in sorted(set(of_rows) - there):
            self.stderr.write(f"fehlt: {name} ({of_rows[name]})")
        verb = "zu löschen" if options["dry_run"] else "gelöscht"
        self.stdout.write(f"{len(there)} Dateien, {len(gone)} {verb}, {len(set(of_rows) - there)} fehlen.")
