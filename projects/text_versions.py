"""Projects told in other languages and in Leichte Sprache: every change of a version, and how readers get it.

The German text is the original. A version says where it comes from, and that the original has changed since.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from municipalities.models import User
from municipalities.people import Refused

from . import indexes, text_version_letters
from .languages import Told, is_german
from .models import Project, TextLanguage, TextOrigin, TextVersion
from .story import STORY_FIELDS

FIELDS = ("title", "summary", *STORY_FIELDS)


@dataclass(frozen=True)
class Version:
    """A public version as the page of its project needs it."""

    language: str
    origin: str
    is_current: bool
    texts: Mapping[str, str]

    @property
    def label(self) -> str:
        return str(TextLanguage(self.language).label)

    @property
    def story(self) -> list[tuple[str, str]]:
        """The texts after title and summary, in the order of the page."""
        return [(name, self.texts[name]) for name in STORY_FIELDS if name in self.texts]

    @property
    def origin_label(self) -> str:
        return str(TextOrigin(self.origin).label)


def digest_of(project: Project) -> str:
    """Tells one German text of a project from another."""
    texts = "\0".join(getattr(project, name) for name in FIELDS)
    return hashlib.sha256(texts.encode()).hexdigest()


# --- reading ----------------------------------------------------------------------------------------------------------


def with_versions(projects: QuerySet) -> QuerySet:
    """Adds `version_rows`: the public versions, for `versions_of()`."""
    rows = TextVersion.objects.public().filter(project=OuterRef("pk")).order_by("language")
    wanted = {"language": "language", "origin": "origin", "digest": "digest", "texts": "texts"}
    return projects.annotate(version_rows=ArraySubquery(rows.values(row=JSONObject(**wanted))))


def versions_of(project: Project) -> list[Version]:
    """The public versions of a project that was read `with_versions()`, in the order of the choices."""
    digest = digest_of(project)
    found = {
        row["language"]: Version(row["language"], row["origin"], row["digest"] == digest, row["texts"])
        for row in project.version_rows
    }
    return [found[language] for language in TextLanguage.values if language in found]


def tell(project: Project) -> None:
    """Puts the texts in the language of the page over the German ones of `project`, which is not to be saved."""
    project.other_texts = versions_of(project)
    project.told = None
    if not is_german():
        project.told = next((version for version in project.other_texts if version.language == get_language()), None)
    for name, text in (project.told.texts if project.told else {}).items():
        setattr(project, name, Told(text, getattr(project, name)))


def tell_heads(projects: Sequence[Project]) -> None:
    """The same for title and summary of many, as lists show them; one query, and none on German pages."""
    if is_german():
        return
    rows = TextVersion.objects.public().filter(project__in=projects, language=get_language())
    texts = dict(rows.values_list("project_id", "texts"))
    for project in projects:
        for name in ("title", "summary"):
            if told := texts.get(project.pk, {}).get(name):
                setattr(project, name, Told(told, getattr(project, name)))


# --- the municipality -------------------------------------------------------------------------------------------------


class OvertakenError(Exception):
    """Somebody else has changed the version since its page was shown; `version` is what they made of it."""

    def __init__(self, version: TextVersion) -> None:
        super().__init__(version.pk)
        self.version = version


def propose(
    project: Project, language: str, *, texts: Mapping[str, str], origin: str, by: User, seen: str | None = None
) -> TextVersion:
    """Hands a version to the moderators; what is public stays until they release it.

    Raises OvertakenError where the version is not the one that was `seen` (a token) and has other texts than these.
    """
    with transaction.atomic():
        version, _made = TextVersion.objects.select_for_update(of=("self",)).get_or_create(
            project=project, language=language
        )
        wanted = {name: texts[name] for name in FIELDS if texts.get(name)}
        if seen not in (None, token_of(version)) and (version.proposed or version.texts) != wanted:
            raise OvertakenError(version)
        version.proposed = wanted
        version.proposed_origin, version.proposed_digest = origin, digest_of(project)
        version.proposed_at, version.proposed_by, version.return_note = timezone.now(), by, ""
        version.save()
        return version


def remove(version: TextVersion) -> None:
    with transaction.atomic():
        version.delete()
        indexes.update(version.project)


# --- the moderators ---------------------------------------------------------------------------------------------------


def release(version: TextVersion, *, by: User, seen: str | None = None) -> TextVersion:
    with transaction.atomic():
        version = _waiting(version, seen)
        version.texts, version.origin, version.digest = (
            version.proposed,
            version.proposed_origin,
            version.proposed_digest,
        )
        version.released_at = timezone.now()
        text_version_letters.released(version)
        version.proposed, version.proposed_origin, version.proposed_digest = {}, "", ""
        version.proposed_at = version.proposed_by = None
        version.save()
        indexes.update(version.project)  # lists show its title, and are kept until the index changes
        return version


def reject(version: TextVersion, *, by: User, note: str, seen: str | None = None) -> TextVersion:
    """Sends it back with a reason; its texts stay for the municipality to correct."""
    with transaction.atomic():
        version = _waiting(version, seen)
        if not note.strip():
            raise Refused(_("Bitte geben Sie einen Grund an."))
        version.return_note = note.strip()
        version.save(update_fields=["return_note"])
        text_version_letters.rejected(version)
        return version


def token_of(version: TextVersion) -> str:
    """What forms carry, so that a decision about what was edited meanwhile, or an edit of it, is recognised."""
    state = json.dumps([version.proposed, version.proposed_origin, version.return_note], sort_keys=True)
    return hashlib.sha256(state.encode()).hexdigest()


def _waiting(version: TextVersion, seen: str | None) -> TextVersion:
    rows = TextVersion.objects.waiting().select_for_update(of=("self",)).select_related("project__lead", "proposed_by")
    found = rows.filter(pk=version.pk).first()
    if found is None or (seen is not None and seen != token_of(found)):
        raise Refused(_("Die Fassung wurde inzwischen geändert. Bitte prüfen Sie sie noch einmal."))
    return found
