"""The parts of a submission: their order, what each needs, how far a project is; beginning and deleting a draft.

Completeness counts every entry of REQUIRED and RECOMMENDED once; a part is *fertig* when all of its own are there,
*angefangen* when some are, *offen* when none is. Only what is missing of REQUIRED keeps a project from being sent.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from municipalities.models import User

from .models import Project, Status, StatusChange, TypedText

MAX_TOPICS = 4
NEW = "new"  # the part under which the first step's text is kept


class PartState(TextChoices):
    OPEN = "open", _("offen")
    BEGUN = "begun", _("angefangen")
    DONE = "done", _("fertig")


class Part(NamedTuple):
    """One page of the submission; `slug` is in its address. `required` and `recommended` name entries, see `_has`."""

    name: str
    slug: str
    label: str | Promise
    lead: str | Promise
    required: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()


PARTS = (
    Part("head", "kopf", _("Kopf"), _("Wie das Projekt heißt, worum es geht und wer es trägt."),
         ("title", "summary", "lead"), ("operator", "operator_kind")),
    Part("classification", "einordnung", _("Einordnung"), _("Damit andere das Projekt finden."),
         ("topics", "stage"), ("target_groups", "started_on", "reach")),
    Part("story", "geschichte", _("Geschichte"), _("Wie es dazu kam, wie es geht und was dabei herauskam."),
         ("approach",), ("initial_situation", "goals", "steps", "results", "lessons")),
    Part("effort", "aufwand", _("Aufwand"), _("Was es kostet, wer die Arbeit macht und wie viele etwas davon haben."),
         (), ("cost", "staff_fte", "volunteers", "people_reached")),
    Part("money", "geld", _("Geld"), _("Woher das Geld kommt und wie lange es reicht."), (), ("money",)),
    Part("evidence", "belege", _("Belege"), _("Kennzahlen mit Datum, und wo man etwas nachlesen kann."),
         (), ("evidence", "key_figures", "references")),
    Part("transfer", "nachmachen", _("Nachmachen"), _("Was andere brauchen, die das Projekt übernehmen möchten."),
         (), ("prerequisites", "transfer_effort", "help_offered")),
    Part("obstacles", "huerden", _("Hürden"), _("Was im Weg steht, und wer es wegräumen könnte."), (), ("obstacles",)),
    Part("contact", "kontakt", _("Ansprechstelle"), _("Wen man fragen kann."), (), ("contact",)),
    Part("pictures", "bilder", _("Bilder"), _("Fotos mit Beschreibung und geklärten Rechten, Anlagen als PDF."),
         (), ("pictures",)),
)  # fmt: skip
BY_NAME = {part.name: part for part in PARTS}
# Pictures have a page of their own kind (files instead of text), so they are not edited by part_forms.
FORM_PARTS = tuple(part for part in PARTS if part.name != "pictures")
BY_SLUG = {part.slug: part for part in FORM_PARTS}

_ROWS = {"key_figures", "references", "obstacles", "pictures", "topics", "target_groups"}

MISSING = {
    "title": _("Der Titel fehlt."),
    "summary": _("Die Kurzbeschreibung fehlt."),
    "lead": _("Die federführende Kommune fehlt."),
    "topics": _("Wählen Sie mindestens ein Handlungsfeld, höchstens vier."),
    "stage": _("Der Projektstand fehlt."),
    "approach": _("Beschreiben Sie, wie das Projekt funktioniert."),
}


class Missing(NamedTuple):
    """What still has to be said before sending: in which part, by which field, in words."""

    part: Part
    field: str
    message: str | Promise


@dataclass(frozen=True)
class Task:
    """A line of the task list."""

    part: Part
    state: PartState
    is_typed: bool
    is_returned: bool  # the desk wants something changed in it


@dataclass(frozen=True)
class Progress:
    """How far a project is; `percent` counts what is required and what is recommended alike."""

    tasks: tuple[Task, ...]
    missing: tuple[Missing, ...]
    done: int
    total: int

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total

    @property
    def finished_tasks(self) -> int:
        return sum(task.state == PartState.DONE for task in self.tasks)


def _has(project: Project, entry: str) -> bool:
    """Whether something is said; a number that is zero is something."""
    if entry == "cost":
        return project.cost_one_off is not None or project.cost_yearly is not None
    if entry == "money":
        return project.has_no_funding or bool(project.financings.all())
    if entry in _ROWS:
        return bool(getattr(project, entry).all())
    return getattr(project, f"{entry}_id" if entry in ("lead", "contact") else entry) not in (None, "")


ORDER = (
    Status.RETURNED,
    Status.DRAFT,
    Status.SUBMITTED,
    Status.PUBLISHED,
    Status.ARCHIVED,
    Status.WITHDRAWN,
    Status.REJECTED,
    Status.MERGED,
)


def with_rows(projects):
    """Projects with everything that progress() looks at."""
    return projects.prefetch_related(*sorted(_ROWS), "financings")


def _missing(project: Project) -> Iterator[Missing]:
    for part in PARTS:
        for entry in part.required:
            if not _has(project, entry) or (entry == "topics" and len(project.topics.all()) > MAX_TOPICS):
                yield Missing(part, entry, MISSING[entry])


def missing_for_submission(project: Project) -> list[Missing]:
    """What keeps the project from being sent; empty when nothing does."""
    return list(_missing(project))


def progress(project: Project, typed: set[str] = frozenset(), returned: StatusChange | None = None) -> Progress:
    """State of every part; `typed` are the names of parts in which unsaved text of this person waits."""
    named = returned.parts if returned else ()
    tasks, done, total = [], 0, 0
    for part in PARTS:
        entries = (*part.required, *part.recommended)
        there = sum(_has(project, entry) for entry in entries)
        state = PartState.DONE if there == len(entries) else PartState.BEGUN if there else PartState.OPEN
        tasks.append(Task(part, state, part.name in typed, part.name in named))
        done, total = done + there, total + len(entries)
    return Progress(tuple(tasks), tuple(_missing(project)), done, total)


def typed_parts(project: Project, user) -> set[str]:
    """Names of the parts in which text of this person waits that was typed and not saved."""
    return set(TypedText.objects.filter(project=project, user=user).values_list("part", flat=True))


def overview(user: User) -> list[dict[str, Any]]:
    """The projects of the person's municipalities, by municipality; what was returned first, with the reason."""
    returned = StatusChange.objects.filter(project=OuterRef("pk"), to_status=Status.RETURNED).order_by("-at", "-pk")
    urgency = {status: place for place, status in enumerate(ORDER)}
    projects = sorted(
        Project.objects.belonging_to(user)
        .exclude(status=Status.MERGED)
        .select_related("lead", "revises")
        .annotate(return_note=Subquery(returned.values("note")[:1])),
        key=lambda project: (project.lead.sort_key, project.lead_id, urgency[project.status], -project.pk),
    )
    return [
        {"body": rows[0].lead, "projects": rows}
        for _key, group in groupby(projects, key=lambda project: project.lead_id)
        if (rows := list(group))
    ]


def last_return(project: Project) -> StatusChange | None:
    """Why a returned project came back."""
    if project.status != Status.RETURNED:
        return None
    return project.status_changes.filter(to_status=Status.RETURNED).order_by("-at", "-pk").first()


def parts_named(names: Iterable[str]) -> list[Part]:
    """The parts of these names, such as those that a return is about; names of parts that are gone are left out."""
    return [BY_NAME[name] for name in names if name in BY_NAME]


def first_values(bodies: Any) -> dict[str, Any]:
    """What the first step begins with: a new key, and the municipality where there is no choice."""
    two = list(bodies[:2])
    return {"submission_key": uuid.uuid4(), "lead": two[0].pk if len(two) == 1 else None}


def made_with(key: uuid.UUID, user: User) -> Project | None:
    """The project that this person has already made with the same form."""
    return Project.objects.filter(submission_key=key, created_by=user).first()


def create(project: Project, *, by: User, key: uuid.UUID) -> Project:
    """Stores a new draft. The same form sent twice, even at the same moment, gives one project."""
    project.created_by, project.submission_key = by, key
    try:
        with transaction.atomic():
            project.save()
        return project
    except IntegrityError:
        if made := made_with(key, by):
            return made
        raise


def delete(project: Project) -> None:
    """Deletes a draft that was never sent."""
    with transaction.atomic():
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk).delete()


def can_be_deleted(project: Project) -> bool:
    """Only what nobody but the municipality has ever seen; everything else is archived or withdrawn."""
    return project.status == Status.DRAFT and project.submitted_at is None


def neighbours(part: Part) -> tuple[Part | None, Part | None]:
    """The parts before and after this one."""
    place = PARTS.index(part)
    return (PARTS[place - 1] if place else None), (PARTS[place + 1] if place + 1 < len(PARTS) else None)
