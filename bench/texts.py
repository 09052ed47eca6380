"""German sentences that nobody has said, put together at random, with the words that the search keeps of them."""

from dataclasses import dataclass
from functools import cache
from random import Random

from projects.german import forms, readable

PLACES = ("im Rathaus", "in der Volkshochschule", "im Familienzentrum", "in der Bücherei", "im Park")
WHO = (
    ("Ehrenamtliche", "begleiten"),
    ("Sprachlotsinnen", "unterstützen"),
    ("Die Koordinierungsstelle", "berät"),
    ("Der Verein", "bringt zusammen"),
    ("Zwei Sozialarbeiterinnen", "besuchen"),
    ("Die Wohnungsbaugenossenschaft", "vermittelt"),
    ("Das Mehrgenerationenhaus", "empfängt"),
    ("Ein Netzwerk aus Betrieben", "sucht"),
    ("Die Kindertagesstätte", "gewinnt"),
    ("Der Sportverein", "trainiert"),
)
WHOM = (
    "geflüchtete Familien",
    "junge Erwachsene",
    "Frauen mit kleinen Kindern",
    "Auszubildende",
    "Nachbarinnen und Nachbarn",
    "Menschen ohne Wohnung",
    "Schülerinnen und Schüler",
    "ältere Zugewanderte",
    "Fachkräfte aus dem Ausland",
    "Neuankömmlinge",
)
WHAT = (
    "beim Deutschlernen",
    "bei der Wohnungssuche",
    "auf dem Weg in die Ausbildung",
    "bei Anträgen und Behördengängen",
    "im Begegnungscafé",
    "beim gemeinsamen Kochen",
    "mit einem Sprachkurs am Abend",
    "bei der Anerkennung von Abschlüssen",
    "auf dem Fußballplatz",
    "beim Arztbesuch",
)
WHEN = ("jeden Dienstag", "zweimal im Monat", "in den Ferien", "seit dem Frühjahr", "nach Feierabend", "das ganze Jahr")
WHY = (
    "weil feste Ansprechpersonen Vertrauen schaffen",
    "damit niemand allein vor dem Formular sitzt",
    "obwohl die Förderung nur befristet ist",
    "und die Kommune trägt die Miete",
    "denn hauptamtliche Stellen halten das Ehrenamt zusammen",
    "bis eine Regelung des Landes kommt",
    "sobald ein Raum gefunden ist",
    "und andere Orte fragen schon nach",
)
TITLES = ("Ankommen", "Nachbarschaft", "Sprache", "Wohnen", "Ausbildung", "Begegnung", "Patenschaft", "Gesundheit")
FORMS = ("Café", "Werkstatt", "Lotsen", "Brücke", "Haus", "Netzwerk", "Garten", "Treff", "Büro", "Labor")


@dataclass(frozen=True)
class Piece:
    """A sentence, its folded words with their places in it, and how many places it takes."""

    text: str
    words: tuple[tuple[str, int], ...]
    spellings: tuple[tuple[str, str], ...]
    length: int


@cache
def piece(text: str) -> Piece:
    found = [*forms(readable(text))]
    words = tuple((form.word, form.position) for form in found)
    spellings = tuple((form.word, text[form.start : form.end]) for form in found)
    return Piece(text, words, spellings, max((form.position for form in found), default=0) + 1)


@cache
def sentences(amount: int = 4000) -> tuple[Piece, ...]:
    dice, found = Random(7), {}
    while len(found) < amount:
        who, does = dice.choice(WHO)
        parts = [who, does, dice.choice(WHEN), dice.choice(WHOM), dice.choice(PLACES), dice.choice(WHAT)]
        text = f"{' '.join(parts)}, {dice.choice(WHY)}."
        found[text] = piece(text)
    return tuple(found.values())


def title(dice: Random, place: str) -> str:
    return f"{dice.choice(TITLES)}: {dice.choice(FORMS)} {dice.choice(TITLES).lower()} in {place}"[:120]
