"""What a search text means: which projects it hits, in which order, and the passage that shows why.

Knows neither paging nor other filters. search_index.py keeps what is searched, search_terms.py lets a query grow.
"""

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import connection
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from pyroaring import BitMap

from . import story
from .german import fold, readable, tokens, words
from .search_index import index_all, index_project, remove_project
from .search_terms import Grown, grow, terms_of

__all__ = ["Hits", "find", "fold", "index_all", "index_project", "passage", "remove_project", "words"]

LONGEST_QUERY = 200
RANKED = 1_000  # the newest hits are brought into an order; for all hits of a common word that takes seconds
KEPT = 64  # queries in the memory of a process
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
    return _find(" ".join(readable(text.replace("\0", " ").strip()[:LONGEST_QUERY]).split()), version)


@lru_cache(maxsize=KEPT)
def _find(text: str, version: int) -> Hits:
    terms = terms_of(text)
    if not terms:
        return Hits(is_empty=True)
    grown = grow(terms)
    wanted = [result for result in grown if not result.term.is_excluded]
    numbers, ranked = _matching(grown) if all(result.alternatives for result in wanted) else (BitMap(), ())
    return Hits(
        numbers=numbers,
        ranked=ranked,
        expansions={result.term.text: tuple(result.spellings) for result in wanted},
        suggestion=_suggestion(grown),
        marks={word: number for number, result in enumerate(wanted) for word in result.words},
    )


def _suggestion(grown: Sequence[Grown]) -> str:
    """The query with its nearest spellings; empty where everything was spelled as in the collection."""
    if not any(result.meant for result in grown):
        return ""
    parts = []
    for result in grown:
        text = result.meant or result.term.text
        text = f'"{text}"' if len(result.term.words) > 1 else text
        parts.append(f"-{text}" if result.term.is_excluded else text)
    return " ".join(parts)


# --- from words to projects -------------------------------------------------------------------------------------------

# The query stands in a subquery so that the planner does not know it: it then expects few hits and takes the index. For
# a common word it would rather read every vector, one by one.
_HITS = """
    WITH hit AS MATERIALIZED (
        SELECT number FROM projects_searchentry WHERE {condition}
    ), newest AS MATERIALIZED (
        SELECT number FROM hit ORDER BY number DESC LIMIT %(ranked)s
    )
    SELECT
        (SELECT string_agg(int4send(number), ''::bytea) FROM hit),
        ARRAY(
            SELECT number FROM newest JOIN projects_searchentry USING (number)
            ORDER BY
                vector @@ %(title)s::tsquery DESC,
                vector @@ %(summary)s::tsquery DESC,
                2 * ts_rank(%(weights)s::real[], vector, %(exact)s::tsquery)
                    + ts_rank(%(weights)s::real[], vector, %(wanted)s::tsquery) DESC,
                number DESC
        )
"""
_HAS = "vector @@ (SELECT %(every)s::tsquery)"
_HAS_NOT = "number NOT IN (SELECT number FROM projects_searchentry WHERE vector @@ (SELECT %(unwanted)s::tsquery))"
_WEIGHTS = [0.05, 0.2, 0.5, 1.0]  # of story, makers, summary and title


def _matching(grown: Sequence[Grown]) -> tuple[BitMap, tuple[int, ...]]:
    """Publication numbers of all projects with every wanted term, and of the newest by relevance; one query."""
    wanted = [result for result in grown if not result.term.is_excluded]
    unwanted = [result for result in grown if result.term.is_excluded and result.alternatives]
    every = [_any(result.alternatives) for result in wanted]
    parameters = {
        "every": " & ".join(every + [f"!{_any(result.alternatives)}" for result in unwanted]),
        "unwanted": " | ".join(_any(result.alternatives) for result in unwanted),
        "wanted": " & ".join(every),
        "title": " & ".join(_any(result.alternatives, ":A") for result in wanted),
        "summary": " & ".join(_any(result.alternatives, ":AB") for result in wanted),
        "exact": " & ".join(_any([result.exact or result.alternatives[0]]) for result in wanted),
        "weights": _WEIGHTS,
        "ranked": RANKED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HITS.format(condition=_HAS if wanted else _HAS_NOT), parameters)
        packed, ranked = cursor.fetchone()
    numbers = array("I", packed or b"")
    if sys.byteorder == "little":  # PostgreSQL sends the highest byte first
        numbers.byteswap()
    return BitMap(numbers), tuple(ranked)


def _any(alternatives: Iterable[Sequence[Sequence[str]]], weights: str = "") -> str:
    """A tsquery for one of the alternatives, each with one of the words at each of its consecutive places."""
    return f"({' | '.join(' <-> '.join(_one_of(place, weights) for place in places) for places in alternatives)})"


def _one_of(choices: Iterable[str], weights: str) -> str:
    return "(" + " | ".join(f"'{word}'{weights}" for word in choices) + ")"


# --- the passage that shows why ---------------------------------------------------------------------------------------


def passage(project_texts: Sequence[str], hits: Hits) -> SafeString:
    """The passage of the texts with most terms of the query, at most PASSAGE characters, its words in <mark>.

    Earlier texts are preferred. Empty where the texts have none of the words.
    """
    best: tuple[tuple[int, int], str, int, list[tuple[int, int]]] | None = None
    for text in map(_in_one_line, project_texts):
        found = [(match.span(), hits.marks[word]) for match, word in tokens(text) if word in hits.marks]
        for first, ((begin, _), _) in enumerate(found):
            start = _start(text, begin)
            inside = [(span, term) for span, term in found[first:] if span[1] < start + PASSAGE - 1]
            score = len({term for _, term in inside}), len(inside)
            if best is None or score > best[0]:
                best = score, text, start, [span for span, _ in inside]
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


def _marked(text: str, start: int, spans: Sequence[tuple[int, int]]) -> SafeString:
    """HTML of the text from `start` on, cut at a word, with the spans marked."""
    room = PASSAGE - (start > 0)
    end = len(text)
    if end - start > room:
        last = spans[-1][1] if spans else start
        end = max(text.rfind(" ", last, start + room), last)
    pieces, position = [], start
    for begin, stop in spans:
        pieces.append((text[position:begin], text[begin:stop]))
        position = stop
    marked = format_html_join("", "{}<mark>{}</mark>", pieces)
    return format_html("{}{}{}{}", "…" if start else "", marked, text[position:end], "…" if end < len(text) else "")
