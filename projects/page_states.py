"""On what pages depend that are kept as a whole: as long as its state is equal, a page is the same.

The version of the index stands for everything that is published together with it: projects, adoptions, names of the
register, vocabularies, programmes, obstacles. Only what changes without it is named beside it. None is not kept.
"""

from collections.abc import Hashable
from datetime import date

from django.utils import timezone

from municipalities import reading

from . import facets
from .models import EnquiryState, Status

# As a QuerySet it would take ten times as long to write as to answer. Offices are edited without their projects, and
# interest is shown without a moderator. Versions in other languages are released one by one.
_PROJECT = """
    SELECT raised.version, project.version, project.changed_at, contact::text,
        (SELECT count(*) FROM projects_interest WHERE project_id = project.id),
        (SELECT string_agg(language || released_at, ',') FROM projects_textversion WHERE project_id = project.id)
    FROM projects_project AS project
    CROSS JOIN projects_indexversion AS raised
    LEFT JOIN projects_contact AS contact ON contact.id = project.contact_id
    WHERE project.id = %s AND project.status = %s
"""

# Figures and neighbours change with the register, which raises the version; a Gesuch comes and goes without it.
_MUNICIPALITY = """
    SELECT raised.version, today.day, (
        SELECT string_agg(concat_ws(',', id, expires_on, title), ';' ORDER BY id) FROM projects_enquiry
        WHERE municipality_id = body.id AND state = %s AND expires_on >= today.day
    )
    FROM municipalities_municipality AS body
    CROSS JOIN projects_indexversion AS raised
    CROSS JOIN (SELECT %s::date AS day) AS today
    WHERE body.key = %s
"""


def of_mosaic() -> tuple[Hashable, ...] | None:
    """Of a page about all that is published, as of today."""
    version = facets.version()
    return (version, timezone.localdate()) if version else None


def of_project(pk: int, slug: str = "") -> tuple[Hashable, ...] | None:
    """Of the public page of a published project."""
    return _row(_PROJECT, pk, Status.PUBLISHED)


def of_municipality(key: str, slug: str = "") -> tuple[Hashable, ...] | None:
    """Of the pages about one body of the register, as of today."""
    return _row(_MUNICIPALITY, EnquiryState.PUBLISHED, timezone.localdate(), key)


def _row(query: str, *values: str | int | date) -> tuple[Hashable, ...] | None:
    with reading.connection().cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()
