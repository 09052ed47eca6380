"""Loads what ships with the portal: vocabularies, text blocks, funding programmes and the sourced example projects."""

import calendar
import hashlib
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from municipalities.models import Municipality
from projects import facets, search, story, workflow
from projects.models import (
    Financing,
    FundingProgramme,
    FundingSource,
    KeyFigure,
    Obstacle,
    ObstacleCategory,
    Precision,
    ProgrammeReference,
    Project,
    Provenance,
    Reference,
    Status,
    TargetGroup,
    TextBlock,
    Topic,
)
from projects.shared_obstacles import cases_kept
from projects.story import STORY_FIELDS

DATA = Path(__file__).resolve().parents[2] / "data"
PRECISION_OF_LENGTH = {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}
PLAIN_FIELDS = (
    "title summary operator operator_kind stage reach evidence staffing initial_situation goals approach steps results "
    "lessons end_cause end_reason editorial_note"
).split()
EFFORT_FIELDS = (
    "cost_one_off cost_one_off_estimated cost_yearly cost_yearly_estimated cost_note staff_fte staff_note volunteers "
    "volunteers_note volunteer_hours_month people_reached people_period people_note"
).split()
PROGRAMME_RULES = (
    "is_open_to_municipalities eligible_kinds smallest_population largest_population deadline_on deadline_note "
    "quota_percent minimum_amount maximum_amount"
).split()
PROGRAMME_SETS = ("topics", "named_bodies", "counties")


class Command(BaseCommand):
    help = "Lädt Vokabulare, Förderprogramme und die belegten Beispielprojekte; kann beliebig oft laufen."

    def add_arguments(self, parser):
        parser.add_argument("--data", type=Path, default=DATA, help="Ordner mit den Dateien (TOML)")

    def handle(self, *args, data: Path, **options):
        with transaction.atomic():
            import_vocabulary(read(data / "vocabulary.toml"))
            import_text_blocks(read(data / "text_blocks.toml"))
            import_programmes(read(data / "funding_programmes.toml"))
            outcomes = [import_project(path) for path in sorted((data / "examples").glob("*.toml"))]
            if any(outcome != "unchanged" for outcome in outcomes):
                search.index_all()
                facets.index_all()
            else:
                facets.touch()  # what each process keeps of vocabularies and programmes is read anew all the same
        self.stdout.write(
            f"Beispielprojekte: {outcomes.count('added')} neu, {outcomes.count('changed')} geändert, "
            f"{outcomes.count('unchanged')} unverändert, {outcomes.count('kept')} von der Kommune übernommen."
        )


def read(path: Path) -> dict[str, Any]:
    """Content of a TOML file; a file that cannot be read stops the import with its name."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{path.name} ist nicht lesbar: {error}") from error


def import_vocabulary(vocabulary: dict[str, Any]) -> None:
    for model, name in ((Topic, "topics"), (TargetGroup, "target_groups"), (ObstacleCategory, "obstacles")):
        for position, term in enumerate(vocabulary[name], start=1):
            # Wording that an administrator has changed since stays as it is.
            if not model.objects.called(term["slug"]).exists():
                model.objects.create(**term, position=position)


def import_text_blocks(content: dict[str, Any]) -> None:
    """Only where there are none: what moderators reword, rename or delete stays so."""
    if not TextBlock.objects.exists():
        TextBlock.objects.bulk_create(
            TextBlock(position=position, **block) for position, block in enumerate(content["blocks"], start=1)
        )


def import_programmes(content: dict[str, Any]) -> None:
    for entry in content["programmes"]:
        handled = ("slug", "references", "purposes", "running", *PROGRAMME_SETS)
        fields = {key: value for key, value in entry.items() if key not in handled}
        fields |= {"purposes": "\n".join(entry.get("purposes", ())), "is_running": entry.get("running")}
        programme = FundingProgramme.objects.called(entry["slug"]).first()
        if created := programme is None:
            programme = FundingProgramme.objects.create(slug=entry["slug"], **fields)
            ProgrammeReference.objects.bulk_create(
                ProgrammeReference(programme=programme, **reference) for reference in entry["references"]
            )
        if created or not has_rules(programme):
            set_rules(programme, entry)


def has_rules(programme: FundingProgramme) -> bool:
    """Whether the desk, or an import before, has said anything that the Förder-Check asks."""
    values = [getattr(programme, name) for name in PROGRAMME_RULES]
    return any(value not in (None, "", []) for value in values) or any(
        getattr(programme, name).exists() for name in PROGRAMME_SETS
    )


def set_rules(programme: FundingProgramme, entry: dict[str, Any]) -> None:
    """What the Förder-Check asks; programmes of before had no columns for it."""
    for name in PROGRAMME_RULES:
        if name in entry:
            setattr(programme, name, entry[name])
    programme.full_clean()
    programme.save()
    programme.topics.set(terms(Topic, entry.get("topics", [])))
    for name in ("named_bodies", "counties"):
        keys = entry.get(name, [])
        getattr(programme, name).set([Municipality.objects.get(key=key) for key in keys])


def import_project(path: Path) -> str:
    """Adds or updates one project; returns added, changed, unchanged, or kept where the municipality owns the text."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    entry = read(path)
    project = Project.objects.filter(import_key=entry["slug"]).first()
    if project and project.provenance != Provenance.COMPILED:
        return "kept"
    if project and project.import_digest == digest:
        return "unchanged"
    try:
        check_citations(entry)
        return save_project(project, entry, digest)
    except (ValidationError, KeyError, Municipality.DoesNotExist, Topic.DoesNotExist) as error:
        raise CommandError(f"{path.name}: {error!r}") from error


def check_citations(entry: dict[str, Any]) -> None:
    """Every paragraph of the story names a source, and every number that is cited exists."""
    numbers = {reference["number"] for reference in entry["references"]}
    texts = [entry.get(field, "") for field in STORY_FIELDS] + [
        str(value) for value in entry.get("effort", {}).values()
    ]
    rows = [row for part in ("financing", "key_figures", "obstacles") for row in entry.get(part, ())]
    cited = {number for text in texts for number in story.cited_numbers(text)}
    cited |= {number for row in rows for number in row.get("cites", ())}
    if unknown := cited - numbers:
        raise ValidationError(f"Quellen fehlen: {sorted(unknown)}")
    for field in STORY_FIELDS:
        for paragraph in entry.get(field, "").strip().split("\n\n"):
            if paragraph and not story.cited_numbers(paragraph):
                raise ValidationError(f"Absatz ohne Quelle in {field}: {paragraph[:60]}…")


def save_project(project: Project | None, entry: dict[str, Any], digest: str) -> str:
    added = project is None
    project = project or Project(import_key=entry["slug"], provenance=Provenance.COMPILED)
    project.import_digest = digest
    project.lead = Municipality.objects.get(key=entry["lead"])
    for field, value in project_fields(entry).items():
        setattr(project, field, value)
    project.full_clean()
    project.save()
    project.topics.set(terms(Topic, entry["topics"]))
    project.target_groups.set(terms(TargetGroup, entry.get("target_groups", [])))
    project.further.set([Municipality.objects.get(key=key) for key in entry.get("further", [])])
    with cases_kept(project):
        save_rows(project, entry)
    if project.status == Status.DRAFT:
        project = workflow.submit(project, by=None, note="Aus veröffentlichten Quellen zusammengestellt")
        workflow.publish(project, by=None, is_bulk=True)
    return "added" if added else "changed"


def project_fields(entry: dict[str, Any]) -> dict[str, Any]:
    """Model values of the head, classification, story, effort and transfer; absent keys become empty again."""
    effort, transfer = entry.get("effort", {}), entry.get("transfer", {})
    defaults = {field.name: field.get_default() for field in Project._meta.concrete_fields}
    fields = {name: strip(entry.get(name, defaults[name])) for name in PLAIN_FIELDS}
    fields |= {name: strip(effort.get(name, defaults[name])) for name in EFFORT_FIELDS}
    fields |= {
        "partners": "\n".join(entry.get("partners", ())),
        "prerequisites": strip(transfer.get("prerequisites", "")),
        "transfer_effort": transfer.get("effort", ""),
        "help_offered": strip(transfer.get("help_offered", "")),
    }
    fields["started_on"], fields["started_precision"] = partial_date(entry.get("started", ""))
    fields["ended_on"], fields["ended_precision"] = partial_date(entry.get("ended", ""), last=True)
    return fields


def save_rows(project: Project, entry: dict[str, Any]) -> None:
    """Replaces the rows of the project by those of the file."""
    for rows in (project.financings, project.key_figures, project.obstacles, project.references):
        rows.all().delete()
    rows = [
        *(reference(project, row) for row in entry["references"]),
        *(financing(project, position, row) for position, row in enumerate(entry.get("financing", ()), start=1)),
        *(key_figure(project, position, row) for position, row in enumerate(entry.get("key_figures", ()), start=1)),
        *(obstacle(project, position, row) for position, row in enumerate(entry.get("obstacles", ()), start=1)),
    ]
    for row in rows:
        row.full_clean()
        row.save()


def reference(project: Project, row: dict[str, Any]) -> Reference:
    fields = {name: row[name] for name in ("number", "url", "title", "publisher") if name in row}
    return Reference(project=project, published=row.get("date", ""), **fields)


def financing(project: Project, position: int, row: dict[str, Any]) -> Financing:
    source = FundingSource.objects.get_or_create(name=row["source"], defaults={"level": row["level"]})[0]
    return Financing(
        project=project,
        position=position,
        source=source,
        programme=FundingProgramme.objects.called(row["programme"]).get() if "programme" in row else None,
        level=row["level"],
        kind=row.get("kind", ""),
        permanence=row.get("permanence", ""),
        amount=row.get("amount"),
        is_per_year=row.get("per_year", False),
        is_requested=row.get("requested", False),
        starts_on=partial_date(row.get("from", ""))[0],
        ends_on=partial_date(row.get("until", ""), last=True)[0],
        note=row.get("note", ""),
        cites=row.get("cites", []),
    )


def key_figure(project: Project, position: int, row: dict[str, Any]) -> KeyFigure:
    measured_on, precision = partial_date(row["on"])
    fields = {name: row[name] for name in ("name", "unit", "value", "note", "cites") if name in row}
    return KeyFigure(
        project=project, position=position, measured_on=measured_on, measured_precision=precision, **fields
    )


def obstacle(project: Project, position: int, row: dict[str, Any]) -> Obstacle:
    category = ObstacleCategory.objects.called(row["category"]).get()
    fields = {name: row[name] for name in ("level", "text", "workaround", "state", "cites") if name in row}
    return Obstacle(project=project, position=position, category=category, **fields)


def terms(model: type[Topic] | type[TargetGroup], slugs: list[str]) -> list[Any]:
    found = {slug: term for term in model.objects.all() for slug in (*term.former_slugs, term.slug)}
    return [found[slug] for slug in slugs]


def partial_date(text: str, *, last: bool = False) -> tuple[date | None, str]:
    """First (or `last`) day of "2015", "2015-09" or "2015-09-24", and its Precision; (None, "") for the empty text."""
    if not text:
        return None, ""
    year, month, day = (int(part) for part in [*text.split("-"), "0", "0"][:3])
    month = month or (12 if last else 1)
    day = day or (calendar.monthrange(year, month)[1] if last else 1)
    return date(year, month, day), PRECISION_OF_LENGTH[len(text)]


def strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
