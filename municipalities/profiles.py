"""What makes two municipal bodies comparable: one profile for each, read in two queries, gaps filled only where stated.

A Samtgemeinde or county takes some values from its members, a Mitgliedsgemeinde some from its Samtgemeinde; every such
value says so (`Origin`). How profiles are compared lives in `similarity.py`.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import reading
from .models import COUNTY_LEVEL, Figure, Kind, Municipality

# A mean over members stands for the whole only if they hold this part of its people or area.
COVERAGE = 0.9
# A newer year replaces an older one as soon as it is known for nearly as many bodies.
YEAR_COVERAGE = 0.9
EARTH_RADIUS_KM = 6371.0

# Towns that do many tasks of a county without leaving it (NKomVG §§ 14 (5), 15, 16): between an Einheitsgemeinde and
# an independent city.
COUNTY_TASKS = "county_tasks"
_STATUS_WITH_COUNTY_TASKS = (
    "große selbständige Stadt", "Landeshauptstadt (§ 15 NKomVG)", "Stadt mit Sonderstatus (§ 16 NKomVG)",
)  # fmt: skip


class Origin(TextChoices):
    """Whose value it is, with the word that readers see beside it; an own value is not marked."""

    MEMBERS = "members", _("berechnet")
    JOINT = "joint", _("Samtgemeinde")
    COUNTY = "county", _("Landkreis")
    REGION = "region", _("Region")


@dataclass(frozen=True)
class Feature:
    """One thing that is compared; `share` is its part of the group, `figure` its code in `indicators.py`, if any."""

    code: str
    group: str
    share: float
    label: Promise | str
    figure: str = ""
    source: Promise | str = ""
    stand: str = ""


_GV = _("Gemeindeverzeichnis GV-ISys (Destatis)")

FEATURES = (
    Feature("inhabitants", "size", 0.7, _("Einwohnerzahl"), source=_GV),
    Feature("kind", "size", 0.3, _("Art der Kommune"), source=_GV),
    Feature("density", "location", 0.25, _("Einwohner je km²"), source=_GV),
    Feature(
        "urbanisation", "location", 0.15, _("Verstädterungsgrad"), source=_("Eurostat, laut GV-ISys"), stand="2023"
    ),
    Feature("regional_type", "location", 0.4, _("Regionaltyp"), source=_("RegioStaR 7 (BMV)"), stand="2021"),
    Feature("settlement", "location", 0.2, _("Anteil der Siedlungs- und Verkehrsfläche"), "settlement_share"),
    Feature("income_tax", "economy", 0.35, _("Gemeindeanteil an der Einkommensteuer je Kopf"), "income_tax_share"),
    Feature("deprivation", "economy", 0.25, _("Benachteiligungsindex GISD"), "deprivation"),
    Feature("unemployment", "economy", 0.4, _("Arbeitslosenquote"), "unemployment_rate"),
    Feature("foreign_share", "population", 1.0, _("Ausländische Staatsangehörige (Zensus)"), "foreign_share_census"),
    Feature("distance", "nearby", 1.0, _("Entfernung"), source=_("Gemeindeverzeichnis GV-ISys, BKG"), stand="2023"),
)
CODES = tuple(feature.code for feature in FEATURES)
# Weights of the mean over the members of foreign shares; not compared itself.
_CENSUS = "population_census"
_FIGURES = {feature.figure: feature.code for feature in FEATURES if feature.figure} | {_CENSUS: _CENSUS}


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """One body as it is compared: `values` in plain units (km², %, €), without what is unknown."""

    key: str
    kind: str
    name: str
    parent_key: str
    county_key: str
    values: Mapping[str, Any]
    origins: Mapping[str, Origin]

    @property
    def is_county_level(self) -> bool:
        """Does the tasks of a county; an independent city does these and those of a municipality."""
        return self.kind in COUNTY_LEVEL

    @property
    def is_municipal(self) -> bool:
        return self.kind not in (Kind.COUNTY, Kind.REGION)

    def basis(self, code: str) -> str:
        """Values compare only on one basis: the GISD of counties and independent cities has a scale of its own."""
        return "county" if code == "deprivation" and self.is_county_level else ""


@dataclass(frozen=True)
class ProfileTable:
    """All profiles in the order of their keys, and of which year they are."""

    profiles: tuple[Profile, ...]
    years: Mapping[str, int]
    dates: Mapping[str, date]


def register_state() -> str:
    """A text that is another one after every change of the register, whoever made it and however; one query.

    Works it out from the rows (5 ms for 1,115 bodies and 4,000 figures), so that nobody has to remember to count up.
    """
    asked = reading.connection()
    tables = (asked.ops.quote_name(model._meta.db_table) for model in (Municipality, Figure))
    sums = (f"(SELECT sum(hash_record_extended(r, 0)) FROM {table} r)" for table in tables)  # noqa: S608 - see above
    with asked.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(sums)}")
        return "/".join(str(value) for value in cursor.fetchone())


def load_profiles() -> ProfileTable:
    """Profiles of all bodies that can lead a project; two queries."""
    columns = (
        "pk", "key", "kind", "display_name", "population", "population_date", "keys_date", "area_km2",
        "latitude", "longitude", "degree_of_urbanisation", "regional_type", "legal_status", "parent_id", "county_id",
    )  # fmt: skip
    figures = Figure.objects.filter(indicator__in=_FIGURES, municipality__closed_on__isnull=True).order_by()
    return build_profiles(
        Municipality.objects.existing().order_by("key").values(*columns),
        figures.values_list("municipality_id", "indicator", "year", "value"),
    )


def build_profiles(rows: Iterable[Mapping[str, Any]], figures: Iterable[tuple[Any, str, int, Any]]) -> ProfileTable:
    """Profiles from rows of bodies (as `load_profiles` reads them) and (body, indicator, year, value) figures.

    Areas without a municipality count where members are summed up, but get no profile.
    """
    by_pk = {row["pk"]: row for row in rows}
    values = {pk: _own_values(row) for pk, row in by_pk.items()}
    years = _add_figures(values, figures)
    origins: dict[Any, dict[str, Origin]] = {pk: {} for pk in by_pk}
    _derive_from_members(by_pk, values, origins)
    _inherit(by_pk, values, origins)
    profiles = [
        Profile(
            key=row["key"],
            kind=row["kind"],
            name=row["display_name"],
            parent_key=by_pk[row["parent_id"]]["key"] if row["parent_id"] in by_pk else "",
            county_key=by_pk[row["county_id"]]["key"] if row["county_id"] in by_pk else "",
            values={code: value for code, value in values[pk].items() if code in CODES},
            origins=origins[pk],
        )
        for pk, row in by_pk.items()
        if row["kind"] != Kind.UNINCORPORATED_AREA
    ]
    return ProfileTable(tuple(sorted(profiles, key=lambda profile: profile.key)), years, _dates(by_pk.values()))


def _dates(rows: Iterable[Mapping[str, Any]]) -> dict[str, date]:
    """Newest day of what the register itself says, by feature."""
    columns = {"inhabitants": "population_date", "density": "population_date", "kind": "keys_date"}
    known = {code: [row[column] for row in rows if row[column]] for code, column in columns.items()}
    return {code: max(days) for code, days in known.items() if days}


def _own_values(row: Mapping[str, Any]) -> dict[str, Any]:
    population, area = row["population"], float(row["area_km2"] or 0)
    known = {
        "inhabitants": population,
        "kind": COUNTY_TASKS if row["legal_status"] in _STATUS_WITH_COUNTY_TASKS else row["kind"],
        "density": population / area if population is not None and area else None,
        "urbanisation": row["degree_of_urbanisation"],
        "regional_type": row["regional_type"],
        "distance": (float(row["latitude"]), float(row["longitude"])) if row["latitude"] and row["longitude"] else None,
        "area": area,
    }
    return {code: value for code, value in known.items() if value is not None}


def _add_figures(values: dict[Any, dict[str, Any]], figures: Iterable[tuple[Any, str, int, Any]]) -> dict[str, int]:
    """Adds each figure for one common year, so that no pair is compared over different years; returns the years."""
    by_year: dict[str, dict[int, dict[Any, float]]] = defaultdict(lambda: defaultdict(dict))
    for pk, indicator, year, value in figures:
        if indicator in _FIGURES and pk in values:
            by_year[_FIGURES[indicator]][year][pk] = float(value)
    years = {}
    for code, of_year in by_year.items():
        most = max(len(of_bodies) for of_bodies in of_year.values())
        years[code] = max(year for year, of_bodies in of_year.items() if len(of_bodies) >= YEAR_COVERAGE * most)
        for pk, value in of_year[years[code]].items():
            values[pk][code] = value
    return years


def _derive_from_members(by_pk: Mapping, values: dict, origins: dict) -> None:
    """Fills what only municipalities have for Samtgemeinden and counties; a value of their own stays."""
    members, next_below = defaultdict(list), defaultdict(list)
    for pk, row in by_pk.items():
        next_below[row["parent_id"]].append(values[pk])
        if row["kind"] != Kind.JOINT_MUNICIPALITY:
            members[row["parent_id"]].append(values[pk])
            if row["county_id"] != row["parent_id"]:
                members[row["county_id"]].append(values[pk])
    # The income tax share is known for Samtgemeinden, not for their members.
    rules: tuple[tuple[str, str, Callable, Mapping], ...] = (
        ("urbanisation", "inhabitants", _majority, members),
        ("regional_type", "inhabitants", _majority, members),
        ("settlement", "area", _mean, members),
        ("foreign_share", _CENSUS, _mean, members),
        ("income_tax", "inhabitants", _mean, next_below),
    )
    for pk, row in by_pk.items():
        if row["kind"] in (Kind.JOINT_MUNICIPALITY, Kind.COUNTY, Kind.REGION):
            for code, weight, rule, below in rules:
                value = None if code in values[pk] else rule(below[pk], code, weight)
                if value is not None:
                    values[pk][code], origins[pk][code] = value, Origin.MEMBERS


def _mean(members: list[dict[str, Any]], code: str, weight: str) -> float | None:
    known = [(member[code], member[weight]) for member in members if code in member and weight in member]
    covered = sum(part for _value, part in known)
    if not covered or covered < COVERAGE * sum(member.get(weight, 0) for member in members):
        return None
    return sum(value * part for value, part in known) / covered


def _majority(members: list[dict[str, Any]], code: str, weight: str) -> int | None:
    """The class in which most people live; of two equally large the more rural one (the higher number)."""
    classes: dict[int, float] = defaultdict(float)
    for member in members:
        if code in member and weight in member:
            classes[member[code]] += member[weight]
    covered = sum(classes.values())
    if not covered or covered < COVERAGE * sum(member.get(weight, 0) for member in members):
        return None
    return max(classes, key=lambda value: (classes[value], value))


def _inherit(by_pk: Mapping, values: dict, origins: dict) -> None:
    """Fills economic figures from above: the Samtgemeinde's for its members, the county's unemployment for all."""
    for pk, row in by_pk.items():
        parent, county = by_pk.get(row["parent_id"]), by_pk.get(row["county_id"])
        if row["kind"] == Kind.MEMBER_MUNICIPALITY and parent:
            for code in ("income_tax", "deprivation"):
                if code not in values[pk] and code in values[parent["pk"]]:
                    values[pk][code], origins[pk][code] = values[parent["pk"]][code], Origin.JOINT
        if county and "unemployment" not in values[pk] and "unemployment" in values[county["pk"]]:
            values[pk]["unemployment"] = values[county["pk"]]["unemployment"]
            origins[pk]["unemployment"] = Origin.REGION if county["kind"] == Kind.REGION else Origin.COUNTY


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance between two points in degrees."""
    latitude, other_latitude = math.radians(one[0]), math.radians(other[0])
    half = math.sin((other_latitude - latitude) / 2) ** 2
    half += math.cos(latitude) * math.cos(other_latitude) * math.sin(math.radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
