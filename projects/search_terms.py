"""The terms of a query and the words of the collection that each grows to; search.py looks the projects up."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from municipalities import reading

from .german import LONGEST_EXPRESSION, expression, lexicon, stem, tokens

MOST_TERMS = 12
MOST_WORDS = 300  # that one word may grow to; the most frequent ones
SHORTEST_CORRECTED = 4

QUOTES = str.maketrans("„“”‟«»", '""""""')
# A hyphen after „und“ leaves a part of a word out („Lotsinnen und -lotsen“) and excludes nothing.
_PART = re.compile(
    r"""(?P<minus>(?<!\S)(?<!\bund\s)(?<!\boder\s)[-−])?(?:"(?P<phrase>[^"]*)"|(?P<chunk>[^\s"]+))""", re.IGNORECASE
)


@dataclass(frozen=True)
class Term:
    """A folded word (or expression) of the query, or several words that must follow each other; `text` is as typed."""

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
    terms = list({(term.words, term.is_excluded): term for term in reversed([*_with_expressions(terms)])}.values())[
        ::-1
    ]
    telling = [term for term in terms if term.is_excluded or not lexicon().stop_words.issuperset(term.words)]
    if any(not term.is_excluded for term in telling):
        return telling[:MOST_TERMS]
    return [replace(term, grows=False) for term in terms[:MOST_TERMS]]


def _with_expressions(terms: Sequence[Term]) -> Iterator[Term]:
    """The terms, with consecutive ones as one where the lexicon knows them together („Rotes Kreuz“)."""
    start = 0
    while start < len(terms):
        for end in range(min(start + LONGEST_EXPRESSION, len(terms)), start, -1):
            together = terms[start:end]
            word = expression(term.words[0] for term in together)
            if len(together) == 1 or (word in lexicon().expressions and all(term.grows for term in together)):
                yield together[0] if len(together) == 1 else Term(" ".join(term.text for term in together), (word,))
                break
        start = end


class Seed(NamedTuple):
    """One word that is looked up in the vocabulary: word number `place` of a term, or a synonym of it."""

    term: int
    place: int
    word: str
    grows: bool
    is_typed: bool
    may_correct: bool

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
        """Stems of what the word may begin with, in case it is a compound that no project has."""
        ends = range(4, len(self.word) - 3) if self._may_split else ()
        return " ".join(stem(self.word[:end]) for end in ends)

    @property
    def tails(self) -> str:
        starts = range(4, len(self.word) - 3) if self._may_split else ()
        return " ".join(stem(self.word[start:]) for start in starts)

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
    """A term with the words that fit at each of its consecutive places.

    `exact` has only the inflected forms of the typed words, `meant` what was taken instead of an unknown word.
    """

    term: Term
    places: list[list[str]]
    exact: list[list[str]] = field(default_factory=list)
    spellings: tuple[str, ...] = ()
    meant: str = ""

    @property
    def words(self) -> set[str]:
        return {word for place in self.places for word in place}

    @property
    def is_known(self) -> bool:
        return all(self.places)


# Which words of the vocabulary fit a seed; forms of the word itself come first. A place name has no compounds. What
# stands before the last part of a compound has three letters or more and is no prefix of verbs („Bericht“, „Vertrag“).
_FITTING = """
    SELECT word, spelling, stem = {seed}.stem AS is_form, projects
    FROM projects_searchword
    WHERE projects > 0 AND (stem = {seed}.stem OR word LIKE {seed}.infix) AND CASE
        WHEN {seed}.is_place THEN word = {seed}.word
        WHEN stem = {seed}.stem THEN true
        WHEN word ~ '_' OR word ~ {seed}.false_friends THEN false
        WHEN word LIKE {seed}.prefix THEN true
        ELSE (length({seed}.stem) >= 5 OR stem LIKE '%%' || {seed}.stem) AND strpos(word, {seed}.stem) > 3
            AND left(word, strpos(word, {seed}.stem) - 1) NOT IN ('emp', 'ent', 'ver', 'zer')
    END
    ORDER BY is_form DESC, projects DESC, word
    LIMIT %(most)s
"""
# The version comes first: the words may be newer than that, which the next version mends, but never older.
_TEMPLATE = """
    SELECT version FROM projects_indexversion;
    WITH seed AS MATERIALIZED (
        SELECT given.*, EXISTS (SELECT FROM projects_searchword WHERE word = given.word AND is_place) AS is_place
        FROM unnest(
            %(number)s::int[], %(term)s::int[], %(word)s::text[], %(stem)s::text[], %(infix)s::text[],
            %(prefix)s::text[], %(false_friends)s::text[], %(may_correct)s::bool[], %(heads)s::text[], %(tails)s::text[]
        ) AS given (number, term, word, stem, infix, prefix, false_friends, may_correct, heads, tails)
    ), direct AS MATERIALIZED (
        SELECT number, term, fitting.* FROM seed CROSS JOIN LATERAL ({fitting_seed}) AS fitting
    ), unknown AS MATERIALIZED (
        SELECT * FROM seed
        WHERE may_correct AND NOT is_place AND NOT EXISTS (SELECT FROM direct WHERE direct.term = seed.term)
    ), instead AS MATERIALIZED (
        SELECT unknown.number, 'near' AS way, near.* FROM unknown CROSS JOIN LATERAL (
            SELECT word, spelling, stem, is_place FROM projects_searchword
            WHERE projects > 0 AND word %% unknown.word
            ORDER BY similarity(word, unknown.word) DESC, projects DESC, word
            LIMIT 8
        ) AS near
        UNION ALL
        SELECT unknown.number, part.* FROM unknown CROSS JOIN LATERAL (
            SELECT
                head.word, head.spelling, head.stem, head.is_place, tail.word, tail.spelling, tail.stem, tail.is_place
            FROM projects_searchword AS head JOIN projects_searchword AS tail
                ON length(head.stem) + length(tail.stem) <= length(unknown.word)
            CROSS JOIN LATERAL substring(
                unknown.word FROM '^' || head.stem || '(?:e?[ns]|er?)?(.*)' || tail.stem
            ) AS middle
            WHERE head.projects > 0 AND length(head.stem) > 3 AND head.stem = ANY(string_to_array(unknown.heads, ' '))
                AND tail.projects > 0 AND tail.stem = ANY(string_to_array(unknown.tails, ' '))
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
            CASE WHEN length(stem) > 2 THEN '%%' || stem || '%%' END AS infix,
            CASE WHEN length(stem) > 3 THEN stem || '%%' END AS prefix
        FROM instead
    )
    SELECT number, '' AS way, '' AS meant, '' AS meant_spelling, word, spelling, is_form, projects FROM direct
    UNION ALL
    SELECT meant.number, meant.way, meant.word, meant.spelling, fitting.*
    FROM meant CROSS JOIN LATERAL ({fitting_meant}) AS fitting
"""
_LOOK_UP = _TEMPLATE.format(fitting_seed=_FITTING.format(seed="seed"), fitting_meant=_FITTING.format(seed="meant"))


def grow(terms: Sequence[Term]) -> tuple[int, list[Grown]]:
    """The version of the index, and every term with the words of the collection that may stand for it; one query.

    An unknown compound („Gartenhilfe“) becomes two terms, so there may be more results than terms.
    """
    seeds = [seed for number, term in enumerate(terms) for seed in _seeds(number, term)]
    rows: dict[tuple[int, str], list[Row]] = defaultdict(list)
    version, found = _look_up(seeds)
    for row in found:
        rows[row.number, row.way].append(row)
    results: list[Grown] = []
    for number, term in enumerate(terms):
        own = [(index, seed) for index, seed in enumerate(seeds) if seed.term == number]
        typed = {seed.place: index for index, seed in own if seed.is_typed}
        direct = [[row for index, seed in own if seed.place == place for row in rows[index, ""]] for place in typed]
        near = [
            found or _nearest(seeds[typed[place]].word, rows[typed[place], "near"])
            for place, found in enumerate(direct)
        ]
        if rows[typed[0], "tail"] and not all(near):
            results += [_grown(term, [rows[typed[0], way]], typed) for way in ("head", "tail")]
        else:
            results.append(_grown(term, near, typed))
    return version, results


def _grown(term: Term, places: Sequence[Sequence[Row]], typed: dict[int, int]) -> Grown:
    result = Grown(term, [[row.word for row in rows] for rows in places])
    result.spellings = tuple(dict.fromkeys(row.spelling for rows in places for row in rows))
    if result.is_known:
        forms = [
            [row.word for row in rows if row.is_form and row.number == typed[place]]
            for place, rows in enumerate(places)
        ]
        result.exact = forms if all(forms) else result.places
        if any(rows[0].way for rows in places):
            result.meant = " ".join(rows[0].meant_spelling or rows[0].spelling for rows in places)
    return result


def _seeds(number: int, term: Term) -> Iterator[Seed]:
    """The typed words, then the synonyms. Words that have to follow each other do not grow."""
    for place, word in enumerate(term.words):
        is_unsure = not term.is_excluded and "_" not in word and len(word) >= SHORTEST_CORRECTED
        yield Seed(number, place, word, term.grows, is_typed=True, may_correct=is_unsure)
    for synonym in lexicon().synonyms.get(stem(term.words[0]), ()) if term.grows else ():
        yield Seed(number, 0, synonym.word, synonym.grows, is_typed=False, may_correct=False)


def _look_up(seeds: Sequence[Seed]) -> tuple[int, list[Row]]:
    """The version, and the fitting words of all seeds: forms before compounds, frequent words before rare ones."""
    stems = [stem(seed.word) for seed in seeds]
    false_friends = lexicon().false_friends
    parameters: dict[str, Any] = {
        "number": [*range(len(seeds))],
        # A word is corrected only where its synonyms find nothing either. Each word of a phrase stands for itself.
        "term": [seed.term + MOST_TERMS * seed.place for seed in seeds],
        "word": [seed.word for seed in seeds],
        "stem": stems,
        "infix": [seed.patterns[0] for seed in seeds],
        "prefix": [seed.patterns[1] for seed in seeds],
        "false_friends": [false_friends.get(root) for root in stems],
        "may_correct": [seed.may_correct for seed in seeds],
        "heads": [seed.heads for seed in seeds],
        "tails": [seed.tails for seed in seeds],
        "most": MOST_WORDS,
    }
    with reading.connection().cursor() as cursor:
        cursor.execute(_LOOK_UP, parameters)
        version = cursor.fetchone()
        cursor.nextset()
        rows = map(Row._make, cursor.fetchall())
    return version[0] if version else 0, sorted(rows, key=lambda row: (not row.is_form, -row.projects, row.word))


def _nearest(typed: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of the spelling that is nearest to what was typed, if that can be a slip of the finger."""
    allowed = 1 if len(typed) <= 7 else 2 if len(typed) <= 13 else 3
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
