"""Counts search texts that find nothing: the only thing that is written while somebody reads.

Why at all: no other trace tells what the mosaic lacks, and asking readers would tell only about those who answer. What
is kept is a text, a day and a number: no person, no address, no time of day. What it costs is bounded: one statement a
search that found nothing, MOST_A_DAY texts a day, MOST_TIMES of each, LONGEST characters, 90 days. What it may never
do is fail or delay the page: a database that cannot be written, or a lock that somebody holds, is logged and forgotten.
"""

import logging
import re

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest

from .filters import ProjectFilter
from .german import readable, tokens
from .models import FruitlessSearch

LONGEST = FruitlessSearch._meta.get_field("words").max_length
MOST_A_DAY = 2000  # different texts
MOST_TIMES = 1000  # of one text on one day
PATIENCE = "200ms"
# Whoever reloads, sorts or turns pages looks at the same search again; programs that follow links do all of it.
LOOKING_AGAIN = ("page", "sort", "view")

# More than a year or a section of law: perhaps a telephone number, a case number or a date of birth.
_LONG_NUMBER = re.compile(r"(?:\d\W*){5}")
_logger = logging.getLogger(__name__)


def notice(request: HttpRequest, asked: ProjectFilter) -> None:
    """Counts the search text of a list page if it has no hits, whatever else was chosen."""
    if request.method != "GET" or any(request.GET.get(name) for name in LOOKING_AGAIN) or _is_prefetch(request):
        return
    hits = asked.search_hits
    if hits is not None and not hits.numbers and (words := normalised(asked.q)):
        count(words, asked)


def _is_prefetch(request: HttpRequest) -> bool:
    """Whether only a browser looks ahead, and nobody has asked yet."""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def normalised(text: str) -> str:
    """The words of a search text in lower case; empty if it is too long or could hold somebody's data."""
    if "@" in text or _LONG_NUMBER.search(text):
        return ""
    words = " ".join(match[0].lower() for match, _word in tokens(readable(text)))
    return words if len(words) <= LONGEST else ""


# A text that is there already is counted even on a day that has its MOST_A_DAY texts.
_COUNT = """
    SET LOCAL lock_timeout = %s;
    INSERT INTO {table} AS known (words, day, times)
    SELECT %s, %s, 1
    WHERE (SELECT count(*) FROM {table} WHERE day = %s) < %s
       OR EXISTS (SELECT FROM {table} WHERE day = %s AND words = %s)
    ON CONFLICT (day, words) DO UPDATE SET times = known.times + 1 WHERE known.times < %s
"""


def count(words: str, asked: ProjectFilter) -> None:
    """Adds one to the text's number of today, in one statement."""
    day = asked.today
    query = _COUNT.format(table=connection.ops.quote_name(FruitlessSearch._meta.db_table))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query, [PATIENCE, words, day, day, MOST_A_DAY, day, words, MOST_TIMES])
    except DatabaseError as error:
        _logger.warning("a search without hits was not counted: %s", type(error).__name__)
