"""„Als Vorlage übernehmen“: a published project as a draft of another municipality, without what is only true there."""

import uuid

from django.db import transaction

from municipalities.models import Municipality, User

from . import story
from .models import Project, Stage

# Texts that describe how it works. Sums, posts, figures, sources, pictures and contacts stay where they are true.
TEXTS = ("initial_situation", "goals", "approach", "steps", "lessons", "prerequisites")
PLAIN = ("reach", "operator_kind", "transfer_effort")


def without_citations(text: str) -> str:
    """The numbers would point to sources of the other project."""
    return story.CITATION.sub("", text)


def copy_as_template(source: Project, *, lead: Municipality, by: User, submission_key: uuid.UUID) -> Project:
    """A new draft of `lead` that says where it came from."""
    with transaction.atomic():
        project = Project.objects.create(
            title=source.title,
            summary=without_citations(source.summary),
            lead=lead,
            stage=Stage.PLANNED,
            adopted_from=source,
            created_by=by,
            submission_key=submission_key,
            **{name: without_citations(getattr(source, name)) for name in TEXTS},
            **{name: getattr(source, name) for name in PLAIN},
        )
        project.topics.add(*source.topics.all())
        project.target_groups.add(*source.target_groups.all())
    return project
