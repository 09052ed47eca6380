"""How hard a German text is to read: the first Wiener Sachtextformel, for writers, never for readers.

Bamberger and Vanecek, Lesen – Verstehen – Lernen – Schreiben, 1984. The result is about the school year from which a
text is understood, 4 to 15. Leichte Sprache has rules of its own; the formula only says that sentences are too long.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from .models import TextLanguage
from .story import CITATION

FEWEST_WORDS = 40  # below, one long word decides
HARD, HARD_WHEN_SIMPLE = 12, 6
_WORD = re.compile(r"[A-Za-zÄÖÜäöüß]+")
_SENTENCE_END = re.compile(r"[.!?:](?:\s|$)|\n+")
_VOWELS = re.compile(r"ie|ei|ai|au|eu|äu|aa|ee|oo|[aeiouyäöü]", re.IGNORECASE)
_LONG, _MANY_SYLLABLES = 6, 3


def syllables(word: str) -> int:
    """Groups of vowels, diphthongs as one; at least one."""
    return max(1, len(_VOWELS.findall(word)))


def school_year(text: str) -> float | None:
    """0.1935 MS + 0.1672 SL + 0.1297 IW - 0.0327 ES - 0.875; None where the text is too short to say.

    MS, IW, ES: percent of words of three syllables and more, of more than six letters, of one syllable; SL: words a
    sentence.
    """
    plain = CITATION.sub("", text)
    words = _WORD.findall(plain)
    if len(words) < FEWEST_WORDS:
        return None
    sentences = sum(1 for part in _SENTENCE_END.split(plain) if _WORD.search(part))
    percent = 100 / len(words)
    many = percent * sum(syllables(word) >= _MANY_SYLLABLES for word in words)
    long = percent * sum(len(word) > _LONG for word in words)
    one = percent * sum(syllables(word) == 1 for word in words)
    return round(0.1935 * many + 0.1672 * len(words) / sentences + 0.1297 * long - 0.0327 * one - 0.875, 1)


def hint_about(texts: Mapping[str, str], language: str = "") -> str:
    """A sentence for the writer of German texts; nothing about other languages and short texts."""
    if language not in ("", TextLanguage.SIMPLE):
        return ""
    year = school_year("\n".join(texts.values()))
    if year is None:
        return ""
    said = _("Lesbarkeit: etwa %(year)s. Schuljahr (Wiener Sachtextformel).") % {"year": round(max(4, min(15, year)))}
    if year <= (HARD_WHEN_SIMPLE if language else HARD):
        return said
    return said + " " + _("Kürzere Sätze und kürzere Wörter helfen allen, die das lesen.")
