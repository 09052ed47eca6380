"""German words as the search sees them: folding, stems, stop words, synonyms. Knows no projects and no database."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

LONGEST_WORD = 100
LONGEST_EXPRESSION = 4

# A word, with the mark of gender-neutral forms („Lots*innen“, „Lehrer:in“) as a part of it.
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*(?:(?:[*:_·]|/-?)in(?:nen)?(?!\w))?")
# Soft hyphens, marks of writing direction and the like stand within words but are no part of them.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LETTERS = str.maketrans({"æ": "a", "œ": "o", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
# Umlauts that were written out; „ue“ is none in „neue“, „Bauer“ and „Quelle“.
_WRITTEN_OUT = re.compile(r"([ao])e|(?<![aeq])(u)e")

# Only these nouns lose -er as a plural ending: „Bürger“ must not become „Burg“, nor „Träger“ the end of „Vertrag“.
_ER_PLURALS = (
    "amt bad bild blatt brett buch dach dorf fach feld geist geld gesicht glas glied grab haus holz horn huhn kind "
    "kleid kraut land licht lied mann rad rand schild schloss strauch tal tum volk wald wort"
)
_ADJECTIVES = (
    "lich ig igt isch los bar sam end haft iv al ell stellt tet det iert andert auftragt trieben "
    "betroffen deutsch eigen erwachsen gross jung klein neu offen"
)
# In this order; an ending is cut only where at least three letters are left.
_ENDINGS = (
    (re.compile(r"(ni|bu)sse[ns]?$"), r"\1s"),  # Ergebnisse, Busse
    (re.compile(rf"({_ER_PLURALS.replace(' ', '|')}|{_ADJECTIVES.replace(' ', '|')})(?:ern?|em)$"), r"\1"),
    (re.compile(r"(?<=..[bdgkmpt])s$|(?<=...[aefhln])s$|(?<=..[^l]o)s$|(?<=..er)s$"), ""),  # not „Kurs“, „kostenlos“
    (re.compile(r"(?<!beg)(?<!gew)innen$"), ""),  # Ärztinnen; not „beginnen“
    (re.compile(r"(?:en|e|(?<=..e[lr])n|(?<=bar)n)(?<!modern)(?<!extern)(?<!intern)$"), ""),
    (re.compile(r"(tr|se|i|ik|or)um$|(ik|em|rm)a$"), r"\1\2"),  # Zentrum, Praktika, Thema
    (re.compile(r"(?<=[bcdfghklmnprstvwz])in$"), ""),  # Lotsin; not „Verein“
)


def fold(text: str) -> str:
    """`text` in lower case without accents and invisible signs; umlauts, also written out, as base letters, ß as ss."""
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text).casefold().translate(_LETTERS))
        text = "".join(letter for letter in letters if not unicodedata.combining(letter))
    text = text.lower()
    while (shorter := _WRITTEN_OUT.sub(r"\1\2", text)) != text:  # a folded text stays as it is: „aee“ is „a“, not „ae“
        text = shorter
    return text


def readable(text: str) -> str:
    """`text` in the form in which tokens() looks at it: composed letters, without invisible signs."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def tokens(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """The words of a readable() text, each as its match and folded, in order."""
    for match in _TOKEN.finditer(text):
        if word := fold_word(match[0]):
            yield match, word


def words(text: str) -> list[str]:
    """The folded words of `text`, in order."""
    return [word for _, word in tokens(readable(text))]


class Form(NamedTuple):
    """What can be searched at one place of a text: from `start` to `end`, after `position` other words."""

    start: int
    end: int
    position: int
    word: str


def forms(text: str) -> Iterator[Form]:
    """The words of a readable() text, hyphenated words also in one („Sprach-Café“), and the lexicon's expressions."""
    expressions, last_stems = lexicon().expressions, lexicon().last_stems
    last: list[Form] = []
    for position, (match, word) in enumerate(tokens(text)):
        form = Form(match.start(), match.end(), position, word)
        yield form
        if last and text[last[-1].end : form.start] in ("-", "\u2011"):
            joined = last[-1].word + word
            if joined.isalpha() and len(joined) <= LONGEST_WORD:
                yield Form(last[-1].start, form.end, position, joined)
        last = [*last[1 - LONGEST_EXPRESSION :], form]
        if stem(word) not in last_stems:
            continue
        for start in range(len(last) - 1):
            if (together := expression(form.word for form in last[start:])) in expressions:
                yield Form(last[start].start, form.end, position, together)


def expression(parts: Iterable[str]) -> str:
    """The form in which several folded words that follow each other are kept, whatever their inflection."""
    return "_".join(map(stem, parts))


@lru_cache(maxsize=1 << 14)
def fold_word(token: str) -> str:
    """One token folded to letters and digits, cut at LONGEST_WORD. Texts repeat their words, so answers are kept."""
    return "".join(letter for letter in fold(token) if letter.isalnum())[:LONGEST_WORD]


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """What the inflected forms of a folded word have in common; always the beginning of the word.

    Own rules instead of PostgreSQL's `german_stem`: that one gives different stems in 15 and 18, keeps „Ärztin“ apart
    from „Arzt“, and makes „Burg“ of „Bürger“, with which the search would find Oldenburg.
    """
    if "_" in word:
        return word
    for ending, rest in _ENDINGS:
        shorter = ending.sub(rest, word)
        word = shorter if len(shorter) >= 3 else word
    return word


class Synonym(NamedTuple):
    """Another word (or expression) for a word; `grows` says whether its compounds count too."""

    word: str
    grows: bool


@dataclass(frozen=True)
class Lexicon:
    """What people have decided about words. The keys of both mappings are stems, or expressions.

    `last_stems` end the expressions, so that only few words of a text have to be looked at with those before them.
    """

    stop_words: frozenset[str]
    ordinary_words: frozenset[str]
    synonyms: Mapping[str, tuple[Synonym, ...]]
    expressions: frozenset[str]
    last_stems: frozenset[str]
    false_friends: Mapping[str, str]


@cache
def lexicon() -> Lexicon:
    """The reviewed lists of data/synonyms.toml."""
    lists = tomllib.loads((Path(__file__).parent / "data" / "synonyms.toml").read_text(encoding="utf-8"))
    pairs = [(word, other) for group in lists["groups"] for word in group for other in group if word != other]
    pairs += [(word, other) for row in lists["one_way"] for word in row["from"] for other in row["to"]]
    synonyms: dict[str, dict[Synonym, None]] = {}
    for word, other in pairs:
        synonym = Synonym(_one_word(other), grows=not other.startswith("="))
        synonyms.setdefault(stem(_one_word(word)), {})[synonym] = None
    known = {*synonyms, *(synonym.word for found in synonyms.values() for synonym in found)}
    expressions = frozenset(word for word in known if "_" in word)
    return Lexicon(
        stop_words=frozenset(words(lists["stop_words"])),
        ordinary_words=frozenset(words(lists["ordinary_words"])),
        synonyms={key: tuple(found) for key, found in synonyms.items()},
        expressions=expressions,
        last_stems=frozenset(one.rpartition("_")[2] for one in expressions),
        false_friends={stem(fold(word)): "|".join(map(fold, wrong)) for word, wrong in lists["false_friends"].items()},
    )


def _one_word(entry: str) -> str:
    """An entry of the lists as one folded word, or as an expression."""
    parts = words(entry)
    return parts[0] if len(parts) == 1 else expression(parts)
