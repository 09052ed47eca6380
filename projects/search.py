"""What a search text means: which projects it hits, in which order, and the passage that shows why.

Knows neither paging nor other filters. search_index.py keeps what is searched, search_terms.py lets a query grow.
"""

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, takewhile

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from pyroaring import BitMap

from municipalities import reading

from . import story
from .fragments import Shelf
from .german import Form, fold, forms, readable, words
from .search_index import index_all, index_project, index_projects, remove_project
from .search_terms import Grown, grow, terms_of

__all__ = [
    "Hits",
    "find",
    "fold",
    "index_all",
    "index_project",
    "index_projects",
    "passage",
    "remove_project",
    "words",
]

LONGEST_QUERY = 200
RANKED = 500  # of the newest hits are brought into an order; for all hits of a common word that takes seconds
KEPT = 64  # queries in the memory of a process
_words: Shelf[tuple[int, list[Grown]]] = Shelf(KEPT)  # what texts grew to, with the version that this was asked with
PASSAGE = 220
LEAD_IN = 70  # most characters of a passage before the first marked word


@dataclass(frozen=True)
class Hits:
    """What a search text found; shared by all who asked the same, so nobody may change its parts.

    `numbers` are the publication numbers of all hits, `ranked` those of the newest RANKED by relevance, `expansions`
    the words that each term of the query grew to. `suggestion` is the query with the nearest spellings where one had to
    be taken. `marks` are the folded words to mark, each with the number of its term. `is_empty` says that the text has
    no word, so that nothing was searched for.
    """

    numbers: BitMap = field(default_factory=BitMap)
    ranked: tuple[int, ...] = ()
    expansions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    suggestion: str = ""
    marks: Mapping[str, int] = field(default_factory=dict)
    is_empty: bool = False

    @property
    def corrected(self) -> bool:
        return bool(self.suggestion)


def find(text: str, version: int) -> Hits:
    """The published projects that have every term of `text`; kept for the `version` of the index.

    Terms grow to inflected forms, compounds and synonyms. "…" asks for consecutive words, a leading minus excludes.
    """
    return _find(_clean(text), version)


def look_ahead(text: str) -> int | None:
    """The version of the index, asked together with the words that `text` grows to; None if there is nothing to ask.

    So that a text which nobody has searched for costs one query less: every page asks for the version anyway.
    """
    cleaned = _clean(text)
    if not cleaned or _words.get(cleaned) or not (terms := terms_of(cleaned)):
        return None
    version, _grown = _words.put(grow(terms), cleaned)
    return version


def _clean(text: str) -> str:
    return " ".join(readable(text.replace("\0", " ").strip()[:LONGEST_QUERY]).split())


@lru_cache(maxsize=KEPT)
def _find(text: str, version: int) -> Hits:
    terms = terms_of(text)
    if not terms:
        return Hits(is_empty=True)
    known = _words.get(text)
    _version, grown = known if known and known[0] == version else _words.put(grow(terms), text)
    wanted = [result for result in grown if not result.term.is_excluded]
    numbers, ranked = _matching(grown) if all(result.is_known for result in wanted) else (BitMap(), ())
    expansions: dict[str, tuple[str, ...]] = {}
    for result in wanted:
        expansions[result.term.text] = expansions.get(result.term.text, ()) + result.spellings
    return Hits(
        numbers=numbers,
        ranked=ranked,
        expansions=expansions,
        suggestion=_suggestion(grown),
        marks={word: number for number, result in enumerate(wanted) for word in result.words},
    )


def _suggestion(grown: Sequence[Grown]) -> str:
    """The query with what was taken instead of unknown words; empty where every word was known."""
    if not any(result.meant for result in grown):
        return ""
    parts = []
    for result in grown:
        text = result.meant or result.term.text
        text = f'"{text}"' if len(result.term.words) > 1 else text
        parts.append(f"-{text}" if result.term.is_excluded else text)
    return " ".join(parts)


# --- from words to projects -------------------------------------------------------------------------------------------

# Each term is looked up for itself, and word by word (ANY): many times as fast as one query with all its words.
_WITH_WORD = "SELECT number FROM projects_searchentry WHERE vector @@ ANY(%s::tsquery[])"
_ALL = "SELECT number FROM projects_searchentry"
# The planner does not count what it costs to unpack a vector. For common words it would unpack all of them, once for
# each word, where the index answers at once. Three statements, one round trip (Django binds on the client's side).
_BY_INDEX = """
    SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off;
    {query};
    SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_indexscan = DEFAULT
"""
# Title before summary before the rest, typed words before compounds and synonyms, new before old. Only the typed words
# are looked for in the story, which is many times as long as the rest.
_HITS = """
    WITH hit AS MATERIALIZED ({hits}), newest AS MATERIALIZED (
        SELECT number FROM hit ORDER BY number DESC LIMIT %s
    )
    SELECT
        (SELECT string_agg(int4send(number), ''::bytea) FROM hit),
        ARRAY(
            SELECT number
            FROM newest JOIN projects_searchentry USING (number)
            CROSS JOIN LATERAL (SELECT ts_filter(vector, '{{a,b,c}}') AS head OFFSET 0) AS short
            ORDER BY
                head @@ %s::tsquery DESC,
                head @@ %s::tsquery DESC,
                ts_rank(%s::real[], vector, %s::tsquery) DESC,
                head @@ %s::tsquery DESC,
                number DESC
        )
"""
_WEIGHTS = [0.05, 0.2, 0.5, 1.0]  # of story, makers, summary and title


def _matching(grown: Sequence[Grown]) -> tuple[BitMap, tuple[int, ...]]:
    """Publication numbers of all projects with every wanted term, and of the newest by relevance; one query."""
    wanted = [result for result in grown if not result.term.is_excluded]
    unwanted = [result for result in grown if result.term.is_excluded and result.is_known]
    hits = " INTERSECT ".join([_WITH_WORD] * len(wanted)) or _ALL
    title, summary, every = (
        " & ".join(_phrase(result.places, mark) for result in wanted) for mark in (":A", ":AB", "")
    )
    exact = " & ".join(_phrase(result.exact) for result in wanted)
    with reading.connection().cursor() as cursor:
        cursor.execute(
            _BY_INDEX.format(query=_HITS.format(hits=hits + f" EXCEPT {_WITH_WORD}" * len(unwanted))),
            [*map(_one_of, wanted + unwanted), RANKED, title, summary, _WEIGHTS, exact, every],
        )
        for _setting in range(2):
            cursor.nextset()
        packed, ranked = cursor.fetchone()
    numbers = array("I", packed or b"")
    if sys.byteorder == "little":  # PostgreSQL sends the highest byte first
        numbers.byteswap()
    return BitMap(numbers), tuple(ranked)


def _one_of(result: Grown) -> list[str]:
    """The words of a term, or its phrase, each as a tsquery."""
    return [_phrase(result.places)] if len(result.places) > 1 else [f"'{word}'" for word in result.places[0]]


def _phrase(places: Iterable[Iterable[str]], weights: str = "") -> str:
    """A tsquery for one of the words at each of the consecutive places."""
    return " <-> ".join("(" + " | ".join(f"'{word}'{weights}" for word in words_) + ")" for words_ in places)


# --- the passage that shows why ---------------------------------------------------------------------------------------


def passage(project_texts: Sequence[str], hits: Hits) -> SafeString:
    """The passage of the texts with most terms of the query, at most PASSAGE characters, its words in <mark>.

    Earlier texts are preferred: none is read any more once one has all terms. Empty where no text has any of the words.
    """
    terms = len({*hits.marks.values()})
    best: tuple[tuple[int, int], str, int, list[Form]] | None = None
    for text in map(_in_one_line, project_texts):
        if best and best[0][0] == terms:
            break
        found = [form for form in forms(text) if form.word in hits.marks]
        for first, form in enumerate(found):
            start = _start(text, form.start)
            end = start + PASSAGE - 1
            inside = [*takewhile(lambda form, end=end: form.end < end, islice(found, first, None))]
            score = len({hits.marks[form.word] for form in inside}), len(inside)
            if score > (best[0] if best else (0, 0)):
                best = score, text, start, inside
    return _marked(*best[1:]) if best else SafeString("")


def _in_one_line(text: str) -> str:
    return " ".join(readable(story.plain(text)).split())


def _start(text: str, marked: int) -> int:
    """Where a passage begins whose first marked word stands at `marked`: at a sentence or a word shortly before."""
    earliest = max(0, marked - LEAD_IN)
    if earliest == 0:
        return 0
    sentence = max(text.rfind(end, earliest, marked) for end in (". ", "! ", "? "))
    return sentence + 2 if sentence >= 0 else text.find(" ", earliest, marked) + 1 or marked


def _marked(text: str, start: int, found: Sequence[Form]) -> SafeString:
    """HTML of the text from `start` on, cut at a word, with what was found marked."""
    room = PASSAGE - (start > 0)
    end = len(text)
    if end - start > room:
        last = found[-1].end
        end = max(text.rfind(" ", last, start + room), last)
    pieces, position = [], start
    for form in sorted(found, key=lambda form: (form.start, -form.end)):
        if form.start >= position:  # else a part of what is marked already
            pieces.append((text[position : form.start], text[form.start : form.end]))
            position = form.end
    marked = format_html_join("", "{}<mark>{}</mark>", pieces)
    return format_html("{}{}{}{}", "…" if start else "", marked, text[position:end], "…" if end < len(text) else "")
