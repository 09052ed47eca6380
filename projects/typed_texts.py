"""What a person has typed and not yet saved: kept as it was sent, valid or not, until it is saved or too old."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from municipalities.models import User

from .models import Project, TypedText

KEPT_HOURS = 24  # of an ended session, that is without an owner
KEPT_DAYS = 90  # of a person who never came back to it
LONGEST = 400_000  # characters of one page; far more than all of its fields may hold
MOST_UNOWNED = 500  # a bound on what strangers could make the portal keep
_NOT_TEXT = ("csrfmiddlewaretoken", "text", "add", "remove", "discard", "save")

Pairs = list[list[str]]


def pairs_of(data: QueryDict) -> Pairs:
    """What a form sent, without the names that are no text of the person; without what PostgreSQL cannot keep."""
    return [
        [name, value.replace("\0", "").encode("utf-8", "replace").decode()]
        for name, values in data.lists()
        for value in values
        if name not in _NOT_TEXT
    ]


def as_data(pairs: Iterable[Iterable[str]]) -> QueryDict:
    """The reverse of pairs_of(), as a form wants it."""
    data = QueryDict(mutable=True)
    for name, value in pairs:
        data.appendlist(name, value)
    return data


def _is_too_long(pairs: Pairs) -> bool:
    return sum(len(name) + len(value) for name, value in pairs) > LONGEST


def keep(user: User, project: Project | None, part: str, data: QueryDict) -> bool:
    """Keeps what stands in the form now, instead of what was kept before; False where it is too long to be one."""
    pairs = pairs_of(data)
    if _is_too_long(pairs):
        return False
    TypedText.objects.update_or_create(user=user, project=project, part=part, defaults={"data": pairs})
    return True


def keep_in_a_hurry(user: User, project: Project | None, part: str, data: QueryDict) -> bool:
    """keep() for a person who has waited already: whoever holds the project may hold this up as well."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 500")
        return keep(user, project, part, data)


def keep_without_owner(project_pk: int | None, part: str, data: QueryDict) -> uuid.UUID:
    """Keeps the form of an ended session; whoever has the token and may edit the project gets it back.

    The answer is the same whether anything was kept or not, so that nobody learns which projects exist.
    """
    token, pairs = uuid.uuid4(), pairs_of(data)
    with transaction.atomic():
        delete_expired()
        is_full = TypedText.objects.filter(user=None).count() >= MOST_UNOWNED
        exists = project_pk is None or Project.objects.filter(pk=project_pk).exists()
        if exists and not is_full and not _is_too_long(pairs):
            TypedText.objects.create(token=token, project_id=project_pk, part=part, data=pairs)
    return token


def recall(user: User, project: Project | None, part: str, token: str = "") -> TypedText | None:
    """What is kept for this page: of the ended session that `token` names, else the person's own."""
    texts = TypedText.objects.filter(project=project, part=part)
    if found := _unowned(texts, token):
        return found
    return texts.filter(user=user).first()


def _unowned(texts, token: str) -> TypedText | None:
    try:
        number = uuid.UUID(token)
    except ValueError:
        return None
    return texts.filter(user=None, token=number, saved_at__gte=timezone.now() - timedelta(hours=KEPT_HOURS)).first()


def forget(user: User, project: Project | None, part: str, token: str = "") -> None:
    """After a valid save: nothing of this page waits any more."""
    texts = TypedText.objects.filter(project=project, part=part)
    texts.filter(user=user).delete()
    if found := _unowned(texts, token):
        found.delete()


def expired() -> QuerySet[TypedText]:
    """What is older than promised."""
    now = timezone.now()
    unowned = TypedText.objects.filter(user=None, saved_at__lt=now - timedelta(hours=KEPT_HOURS))
    old = TypedText.objects.filter(saved_at__lt=now - timedelta(days=KEPT_DAYS))
    return unowned | old


def delete_expired() -> int:
    """Deletes what is older than promised; gives the number of rows."""
    return expired().delete()[0]
