"""The terms of a query and the words of the collection that each grows to; search.py looks the projects up."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.db import connection

from .german import lexicon, stem, tokens

MOST_TERMS = 12
LONGEST_EXPRESSION = 4
SHORTEST_CORRECTED = 4
# How many words a typed word and a synonym of it may grow to; the most frequent ones.
MOST_WORDS, MOST_OF_SYNONYM = 300, 60

QUOTES = str.maketrans("„“”‟«»", '""""""')
_PART = re.compile(r'(?P<minus>(?<!\S)[-−])?(?:"(?P<phrase>[^"]*)"|(?P<chunk>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """A folded word of the query, or several that must follow each other; `text` is how it was typed."""

    text: str
    words: tuple[str, ...]
    is_excluded: bool = False
    grows: bool = True


def terms_of(text: str) -> list[Term]:
    """The terms of a query. Stop words count only where nothing else is wanted."""
    terms: list[Term] = []
    for part in _PART.finditer(text.translate(QUOTES)):
        found = [(match[0], word) for match, word in tokens(part["phrase"] or part["chunk"] or "")]
        if found and (part["minus"] or part["phrase"] is not None):
            typed, words = zip(*found, strict=True)
            terms.append(Term(" ".join(typed), words, is_excluded=bool(part["minus"]), grows=False))
        else:
            terms += [Term(typed, (word,)) for typed, word in found]
    terms = list(dict.fromkeys(_with_expressions(terms)))
    telling = [term for term in terms if term.is_excluded or not lexicon().stop_words.issuperset(term.words)]
    if any(not term.is_excluded for term in telling):
        return telling[:MOST_TERMS]
    return [replace(term, grows=False) for term in terms[:MOST_TERMS]]


def _with_expressions(terms: Sequence[Term]) -> Iterator[Term]:
    """The terms, consecutive ones as one where they are an expression with synonyms („Rotes Kreuz“)."""
    synonyms = lexicon().synonyms
    start = 0
    while start < len(terms):
        for end in range(min(start + LONGEST_EXPRESSION, len(terms)), start, -1):
            together = terms[start:end]
            words = tuple(word for term in together for word in term.words)
            if len(together) == 1:
                yield together[0]
                break
            if all(term.grows for term in together) and tuple(map(stem, words)) in synonyms:
                yield Term(" ".join(term.text for term in together), words)
                break
        start = end


class Seed(NamedTuple):
    """One word that is looked up in the vocabulary: a typed one (`alternative` 0) or one of a synonym.

    The words of a family stand for the same thing: none of them is corrected where one is known.
    """

    term: int
    alternative: int
    family: int
    word: str
    grows: bool = False
    may_correct: bool = False

    @property
    def patterns(self) -> tuple[str | None, str | None]:
        """LIKE patterns for compounds with the word and for those that begin with it; words have no wildcards."""
        root = stem(self.word)
        if not self.grows or len(root) < 3 or not self.word.isalpha():
            return None, None
        if len(root) > 3:
            return f"%{root}%", f"{root}%"
        # Short words are the beginning of too many others: „Amtsgericht“, but not „Amtrak“.
        return f"%{root}%", f"{root}s_%" if self.word == root else f"{self.word}%"

    @property
    def heads(self) -> str:
        """Stems of what the word may begin with, if it is a compound that nobody has used."""
        return " ".join(stem(self.word[:end]) for end in range(4, len(self.word) - 3)) if self._may_split else ""

    @property
    def tails(self) -> str:
        return " ".join(stem(self.word[start:]) for start in range(3, len(self.word) - 3)) if self._may_split else ""

    @property
    def _may_split(self) -> bool:
        return self.may_correct and self.grows and self.word.isalpha()


class Row(NamedTuple):
    """A word of the vocabulary that fits the seed `number`.

    Where no word fits directly, `way` says how it was found instead: by the spelling that is "near", or by the first
    or last part of an unknown compound ("head", "tail"); `meant` is that spelling or part.
    """

    number: int
    way: str
    meant: str
    meant_spelling: str
    word: str
    spelling: str
    is_form: bool
    projects: int


@dataclass
class Grown:
    """A term with all that may stand for it.

    Each of its `alternatives` is a list of consecutive places, each place a list of the words that fit there. `exact`
    has the typed words with their inflected forms only, `meant` what was taken instead of an unknown word.
    """

    term: Term
    alternatives: list[list[list[str]]] = field(default_factory=list)
    exact: list[list[str]] = field(default_factory=list)
    spellings: dict[str, None] = field(default_factory=dict)
    meant: str = ""

    @property
    def words(self) -> set[str]:
        return {word for places in self.alternatives for place in places for word in place}

    def add(self, places: Sequence[Sequence[Row]], *, is_own: bool) -> None:
        """Adds an alternative, provided that there is a word for each of its places."""
        if not all(places):
            return
        places = [rows[: MOST_WORDS if is_own else MOST_OF_SYNONYM] for rows in places]
        self.alternatives.append([[row.word for row in rows] for rows in places])
        self.spellings |= {row.spelling: None for rows in places for row in rows}
        if is_own:
            self.exact = [[row.word for row in rows if row.is_form] or [rows[0].word] for rows in places]
            if any(rows[0].way for rows in places):
                self.meant = " ".join(rows[0].meant_spelling or rows[0].spelling for rows in places)


# Which words of the vocabulary fit a seed; forms of the word itself come first. A place name has no compounds. What
# stands before the last part of a compound has three letters or more and is no prefix of verbs („Bericht“, „Vertrag“).
_FITTING = """
    SELECT word, spelling, stem = {seed}.stem AS is_form, projects
    FROM projects_searchword
    WHERE projects > 0 AND (stem = {seed}.stem OR word LIKE {seed}.infix) AND CASE
        WHEN {seed}.is_place THEN word = {seed}.word
        WHEN stem = {seed}.stem THEN true
        WHEN word ~ {seed}.false_friends THEN false
        WHEN word LIKE {seed}.prefix THEN true
        ELSE (length({seed}.stem) >= 5 OR stem LIKE '%%' || {seed}.stem) AND strpos(word, {seed}.stem) > 3
            AND left(word, strpos(word, {seed}.stem) - 1) NOT IN ('emp', 'ent', 'ver', 'zer')
    END
    ORDER BY is_form DESC, projects DESC, word
    LIMIT %(most)s
"""
_LOOK_UP = (
    """
    WITH seed AS MATERIALIZED (
        SELECT *, EXISTS (SELECT FROM projects_searchword AS known WHERE known.word = given.word AND is_place) AS is_place
        FROM unnest(
            %(number)s::int[], %(family)s::int[], %(word)s::text[], %(stem)s::text[], %(infix)s::text[], %(prefix)s::text[],
            %(false_friends)s::text[], %(may_correct)s::bool[], %(heads)s::text[], %(tails)s::text[]
        ) AS given (number, family, word, stem, infix, prefix, false_friends, may_correct, heads, tails)
    ), direct AS MATERIALIZED (
        SELECT number, family, fitting.* FROM seed CROSS JOIN LATERAL ("""
    + _FITTING.format(seed="seed")
    + """) AS fitting
    ), unknown AS MATERIALIZED (
        SELECT * FROM seed
        WHERE may_correct AND NOT is_place AND NOT EXISTS (SELECT FROM direct WHERE direct.family = seed.family)
    ), instead AS MATERIALIZED (
        SELECT unknown.number, 'near' AS way, near.* FROM unknown CROSS JOIN LATERAL (
            SELECT word, spelling, stem, is_place FROM projects_searchword
            WHERE projects > 0 AND word %% unknown.word
                AND (length(unknown.word) < 7 OR similarity(word, unknown.word) >= 0.45)
            ORDER BY similarity(word, unknown.word) DESC, projects DESC, word
            LIMIT 5
        ) AS near
        UNION ALL
        SELECT unknown.number, part.* FROM unknown CROSS JOIN LATERAL (
            SELECT head.word, head.spelling, head.stem, head.is_place, tail.word, tail.spelling, tail.stem, tail.is_place
            FROM projects_searchword AS head JOIN projects_searchword AS tail
                ON length(head.stem) + length(tail.stem) <= length(unknown.word)
            CROSS JOIN LATERAL substring(
                unknown.word FROM '^' || head.stem || '(?:e?[ns]|er?)?(.*)' || tail.stem
            ) AS middle
            WHERE head.projects > 0 AND length(head.stem) > 3 AND head.stem = ANY(string_to_array(unknown.heads, ' '))
                AND tail.projects > 0 AND length(tail.stem) > 3 AND tail.stem = ANY(string_to_array(unknown.tails, ' '))
                AND (middle = '' OR EXISTS (SELECT FROM projects_searchword WHERE projects > 0 AND stem = middle))
            ORDER BY length(tail.stem) DESC, length(head.stem) DESC, tail.projects DESC, head.projects DESC
            LIMIT 1
        ) AS pair (head, head_spelling, head_stem, head_is_place, tail, tail_spelling, tail_stem, tail_is_place)
        CROSS JOIN LATERAL (VALUES
            ('head', pair.head, pair.head_spelling, pair.head_stem, pair.head_is_place),
            ('tail', pair.tail, pair.tail_spelling, pair.tail_stem, pair.tail_is_place)
        ) AS part
    ), meant AS MATERIALIZED (
        SELECT *, NULL AS false_friends,
            CASE WHEN length(stem) > 3 THEN '%%' || stem || '%%' END AS infix,
            CASE WHEN length(stem) > 3 THEN stem || '%%' END AS prefix
        FROM instead
    )
    SELECT number, '' AS way, '' AS meant, '' AS meant_spelling, word, spelling, is_form, projects FROM direct
    UNION ALL
    SELECT meant.number, meant.way, meant.word, meant.spelling, fitting.*
    FROM meant CROSS JOIN LATERAL ("""
    + _FITTING.format(seed="meant")
    + ") AS fitting"
)


def grow(terms: Sequence[Term]) -> list[Grown]:
    """Every term with the words of the collection that may stand for it; an unknown compound becomes two. One query."""
    seeds = [seed for number, term in enumerate(terms) for seed in _seeds(number, term)]
    rows: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in _look_up(seeds):
        rows[row.number, row.way].append(row)
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, seed in enumerate(seeds):
        places[seed.term, seed.alternative].append(number)
    results = [Grown(term) for term in terms]
    for (term, alternative), numbers in places.items():
        results[term].add([rows[number, ""] for number in numbers], is_own=alternative == 0)
    for term, result in enumerate(results[: len(terms)]):
        own = places[term, 0]
        if not result.alternatives:
            near = [rows[number, ""] or _nearest(seeds[number].word, rows[number, "near"]) for number in own]
            result.add(near, is_own=True)
        if not result.alternatives and rows[own[0], "tail"]:
            result.add([rows[own[0], "head"]], is_own=True)
            results.append(Grown(replace(terms[term], text=f"…{rows[own[0], 'tail'][0].meant}")))
            results[-1].add([rows[own[0], "tail"]], is_own=True)
    return results


def _seeds(number: int, term: Term) -> Iterator[Seed]:
    """The typed words, then those of the synonyms. Words that have to follow each other do not grow."""
    roots = tuple(map(stem, term.words))
    for place, word in enumerate(term.words):
        family = number if term.grows else -1 - MOST_TERMS * place - number
        yield Seed(number, 0, family, word, term.grows and len(term.words) == 1, may_correct=not term.is_excluded)
    for alternative, synonym in enumerate(lexicon().synonyms.get(roots, ()) if term.grows else (), start=1):
        family = number if len(synonym.words) == 1 else -1_000
        for word in synonym.words:
            yield Seed(number, alternative, family, word, synonym.grows and len(synonym.words) == 1)


def _look_up(seeds: Sequence[Seed]) -> list[Row]:
    """The fitting words of all seeds, forms and frequent words first."""
    stems = [stem(seed.word) for seed in seeds]
    false_friends = lexicon().false_friends
    parameters = {
        "number": [*range(len(seeds))],
        "family": [seed.family for seed in seeds],
        "word": [seed.word for seed in seeds],
        "stem": stems,
        "infix": [seed.patterns[0] for seed in seeds],
        "prefix": [seed.patterns[1] for seed in seeds],
        "false_friends": [false_friends.get(root) for root in stems],
        "may_correct": [seed.may_correct and len(seed.word) >= SHORTEST_CORRECTED for seed in seeds],
        "heads": [seed.heads for seed in seeds],
        "tails": [seed.tails for seed in seeds],
        "most": MOST_WORDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, parameters)
        return sorted(map(Row._make, cursor.fetchall()), key=lambda row: (not row.is_form, -row.projects, row.word))


def _nearest(typed: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of the spelling that is nearest to what was typed, if that can be a slip of the finger."""
    allowed = 1 if len(typed) <= 6 else 2 if len(typed) <= 11 else 3
    # Of two that are equally near, the one with the same letters: swapping them is the most frequent slip.
    order = {row.meant: (distance(typed, row.meant), sorted(typed) != sorted(row.meant)) for row in rows}
    nearest = min(order, key=lambda word: order[word], default="")
    return [row for row in rows if row.meant == nearest and order[nearest][0] <= allowed]


def distance(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many or swapped with their neighbour."""
    before: list[int] = []
    last = [*range(len(other) + 1)]
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, counterpart in enumerate(other, start=1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != counterpart)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == counterpart:
                row[j] = min(row[j], before[j - 2] + 1)
        before, last = last, row
    return last[-1]
