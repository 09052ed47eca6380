"""What is measured, and the bar of each page: its share of the rate of a constant page, by number of projects."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from urllib.parse import urlencode

from tools import ROOT


@dataclass(frozen=True)
class Bars:
    """Shares of the constant page that must be reached, and that are aimed at."""

    must: float
    aim: float


@dataclass(frozen=True)
class Page:
    """Addresses that are fetched in turn; `bars` by number of projects; `milliseconds` bounds the median of one.

    `is_known`: the visitor has the page already and asks whether it has changed. `is_first`: more addresses than a
    process keeps pages of, so that each is read and rendered; they tell what the first reader waits for.
    """

    name: str
    paths: tuple[str, ...]
    bars: Mapping[int, Bars] = field(default_factory=dict)
    milliseconds: float | None = None
    is_streamed: bool = False
    is_known: bool = False
    is_first: bool = False


VOCABULARY = ROOT / "projects" / "data" / "vocabulary.toml"
REGISTER = ROOT / "municipalities" / "data" / "municipalities.csv"


def register_keys() -> list[str]:
    with REGISTER.open(encoding="utf-8", newline="") as file:
        return [row["key"] for row in csv.DictReader(file)]


def slugs(vocabulary: str) -> list[str]:
    return [term["slug"] for term in tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))[vocabulary]]


def selections() -> list[str]:
    """Each has about every second project."""
    return [urlencode({"topic": three}, doseq=True) for three in combinations(slugs("topics"), 3)]


def choices() -> list[str]:
    """Three facets each, as a reader narrows a list down."""
    pairs = product(slugs("topics"), slugs("target_groups"), ("running", "ended"))
    return [urlencode({"topic": topic, "target_group": group, "status": status}) for topic, group, status in pairs]


LIST = {1_000: Bars(0.10, 0.15), 10_000: Bars(0.10, 0.15), 100_000: Bars(0.075, 0.12)}
WORDS = ("Sprachkurs", "Wohnungssuche", "Familien", "Begegnung", "Ausbildung", "Lotsen", "Ehrenamt", "Nachbarn")
CONSTANT = Page("Konstante Seite (40 KB)", ("/bench/constant/",))
ADMIN = Page("Django-Admin-Liste mit Facetten", ("/bench/admin/projects/project/",))
PAGES = (
    Page("Start", ("/",)),
    Page("Liste", ("/projekte/",), LIST),
    Page("Liste, unverändert (304)", ("/projekte/",), is_known=True),
    Page(
        "Liste, zwei Facetten",
        tuple(f"/projekte/?topic={topic}&status=running" for topic in ("language", "housing", "health", "sport")),
        LIST,
    ),
    Page("Liste, zum ersten Mal", tuple(f"/projekte/?{query}" for query in choices()), is_first=True),
    Page("Suche", tuple(f"/projekte/?q={word}" for word in WORDS), {10_000: Bars(0.08, 0.12)}),
    Page("Projekt", tuple(f"/projekte/{number}/" for number in range(1, 900, 37)), {0: Bars(0.20, 0.28)}),
    Page("Projekt, zum ersten Mal", tuple(f"/projekte/{number}/" for number in range(1, 901)), is_first=True),
    Page("Kommune", ("/kommunen/034545407/", "/kommunen/03241/", "/kommunen/03454/")),
    Page("Kommune, zum ersten Mal", tuple(f"/kommunen/{key}/" for key in register_keys()), is_first=True),
    Page("Kommunen wie meine", ("/projekte/?like=034545407", "/projekte/?like=03454"), milliseconds=30),
    Page("Vergleichbare Kommunen", ("/kommunen/034545407-samtgemeinde-soegel/vergleichbar/",)),
    Page("Finanzierung einer Auswahl", ("/auswertung/finanzierung/?topic=language",), milliseconds=50),
    Page(
        "Finanzierung, zum ersten Mal",
        tuple(f"/auswertung/finanzierung/?{query}" for query in selections()),
        is_first=True,
    ),
    Page("Finanzierung", ("/auswertung/finanzierung/",), milliseconds=50),
    Page("Haupt- und Ehrenamt", ("/auswertung/haupt-und-ehrenamt/",), milliseconds=50),
    Page("Hürden", ("/auswertung/huerden/",), milliseconds=50),
    Page("Weiße Flecken", ("/auswertung/weisse-flecken/",), milliseconds=50),
    Page("Beendet", ("/auswertung/beendet/",), milliseconds=50),
    Page("Export (CSV)", ("/daten/projekte.csv",), is_streamed=True),
)
