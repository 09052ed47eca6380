"""What the values of facets are called, in which order pages show them, and where the bodies of the register lie."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import cos, radians, sin

from django.urls import reverse
from django.utils.functional import Promise, lazy

from municipalities.models import Kind, Municipality, german_slug
from municipalities.profiles import register_state

from .languages import lazy_term
from .models import (
    Adopted,
    Cost,
    EvidenceLevel,
    FundedBy,
    FundingLevel,
    ObstacleCategory,
    ObstacleLevel,
    OperatorKind,
    Recency,
    Size,
    Staffing,
    Stage,
    TargetGroup,
    Topic,
    TransferEffort,
)

EARTH_RADIUS_KM = 6371.0088  # mean radius (IUGG)
COUNTY_KEY_LENGTH = 5


@dataclass(frozen=True)
class Body:
    """A municipal body as far as filters need it; `point` is its place on the unit sphere."""

    key: str
    name: str
    display_name: str
    is_closed: bool
    point: tuple[float, float, float] | None
    successor: str = ""

    def get_absolute_url(self) -> str:
        return reverse("projects:municipality", args=[self.key, self.slug])

    @property
    def slug(self) -> str:
        return german_slug(self.display_name)


@dataclass(slots=True)
class Tile:
    """A body of county level on the tile map; `count` is its number of projects.

    Tiles are kept for pages of all languages, so the address of the body is put together where it is written.
    """

    key: str
    name: str
    abbreviation: str
    column: int
    row: int
    url: str | Promise
    count: int = 0


@dataclass(slots=True)
class Option:
    """A value of a facet beside its number of projects."""

    value: str
    label: str | Promise
    count: int
    selected: bool = False


@dataclass(frozen=True)
class Labels:
    """The values of every facet in the order in which pages show them, the bodies of the register by key, the tiles.

    `register` is the state of the register that all this was read from, as `register_state` names it. `former_values`
    are values that links of before may have, by facet, with those that took their place.
    """

    choices: Mapping[str, Mapping[str, str | Promise]]
    bodies: Mapping[str, Body]
    tiles: Sequence[Tile]
    register: str = ""
    former_values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def bodies_called(self, text: str) -> list[Body]:
        """The body with this key, or those that exist today under this name.

        A town often shares its name with its Samtgemeinde or its county; then the town is meant.
        """
        if text in self.bodies:
            return [self.bodies[text]]
        name = " ".join(text.casefold().split())
        existing = (body for body in self.bodies.values() if not body.is_closed)
        named = [body for body in existing if name in (body.display_name.casefold(), body.name.casefold())]
        smallest = max((len(body.key) for body in named), default=0)
        return [body for body in named if len(body.key) == smallest]

    def typed(self, body: Body) -> str:
        """How a reader would type this body: its name, or its key where that is not enough."""
        return body.display_name if self.bodies_called(body.display_name) == [body] else body.key

    def county_of(self, body: Body) -> Body:
        return self.bodies.get(body.key[:COUNTY_KEY_LENGTH], body)

    def todays(self, body: Body) -> Body:
        """The body itself, or the one in which a closed body ended; itself again where nobody knows."""
        seen = {body.key}
        while body.is_closed and body.successor in self.bodies and body.successor not in seen:
            body = self.bodies[body.successor]
            seen.add(body.key)
        return body

    def heir_of(self, key: str) -> Body | None:
        """The body that exists and in which a closed one ended; None where there is not one such, or nobody knows."""
        body = self.bodies.get(key)
        today = self.todays(body) if body and body.is_closed else None
        return None if today is None or today.is_closed else today

    @cached_property
    def former(self) -> Mapping[str, Sequence[str]]:
        """By key of an existing body: the keys of the closed ones that ended in it."""
        found = defaultdict(list)
        for body in self.bodies.values():
            if body.is_closed:
                found[self.todays(body).key].append(body.key)
        return found

    def within(self, key: str, km: float) -> frozenset[str]:
        """Keys of the bodies whose point is at most `km` away (great circle) from that of the body `key`."""
        centre = self.bodies[key].point
        if centre is None:
            return frozenset({key})
        x, y, z = centre
        nearest = cos(km / EARTH_RADIUS_KM)
        points = ((body.key, body.point) for body in self.bodies.values() if body.point)
        return frozenset(other for other, p in points if x * p[0] + y * p[1] + z * p[2] >= nearest) | {key}


FIXED_CHOICES: Mapping[str, Mapping[str, str | Promise]] = {
    "kind": {value: label for value, label in Kind.choices if value != Kind.UNINCORPORATED_AREA},
    "size": dict(Size.choices),
    "cost": dict(Cost.choices),
    "status": dict(Stage.choices),
    "financing": dict(FundedBy.choices),
    "money_level": dict(FundingLevel.choices),
    "operator": dict(OperatorKind.choices),
    "staffing": dict(Staffing.choices),
    "evidence": dict(EvidenceLevel.choices),
    "effort": dict(TransferEffort.choices),
    "obstacle_level": dict(ObstacleLevel.choices),
    "adopted": dict(Adopted.choices),
    "confirmed": dict(Recency.choices),
}


def read_labels() -> Labels:
    """The labels as the database has them now, in six queries."""
    vocabularies: dict[str, type[Topic | TargetGroup | ObstacleCategory]] = {
        "topic": Topic,
        "target_group": TargetGroup,
        "obstacle": ObstacleCategory,
    }
    terms, former = {}, {}
    for facet, model in vocabularies.items():
        known = list(model.objects.values_list("slug", "label", "label_en", "former_slugs"))
        terms[facet] = {slug: lazy_term(label, english) for slug, label, english, _before in known}
        former[facet] = {before: slug for slug, _label, _english, names in known for before in names}
    register = register_state()
    columns = ("key", "name", "display_name", "closed_on", "latitude", "longitude", "successor__key")
    rows = Municipality.objects.values_list(*columns)
    bodies = {}
    for key, name, display_name, closed_on, latitude, longitude, successor in rows:
        point = None
        if latitude is not None and longitude is not None:
            north, east = radians(latitude), radians(longitude)
            point = (cos(north) * cos(east), cos(north) * sin(east), sin(north))
        bodies[key] = Body(key, name, display_name, closed_on is not None, point, successor or "")
    former["county"] = _merged_counties(bodies)
    counties = [body for key, body in bodies.items() if len(key) == COUNTY_KEY_LENGTH and key not in former["county"]]
    # A long list of „Landkreis …“ cannot be scanned: the designation stands only where two have the same name.
    times = Counter(_short(body.name) for body in counties)
    county = {body.key: body.display_name if times[_short(body.name)] > 1 else body.name for body in counties}
    return Labels({**terms, "county": county, **FIXED_CHOICES}, bodies, _read_tiles(), register, former)


def _merged_counties(bodies: Mapping[str, Body]) -> dict[str, str]:
    """Keys of closed counties with those of the counties in which they ended.

    A city that became part of a county is none of them: its projects are fewer than those of that county.
    """
    among = Labels({}, bodies, [])
    ended = {key: among.todays(body).key for key, body in bodies.items() if body.is_closed}
    county_level = {old: new for old, new in ended.items() if len(old) == len(new) == COUNTY_KEY_LENGTH}
    return {old: new for old, new in county_level.items() if not bodies[new].is_closed}


def _short(name: str) -> str:
    """The name without what tells it from others: „Oldenburg (Oldb)“ is one of two Oldenburgs."""
    return name.split(" (")[0]


def _read_tiles() -> list[Tile]:
    return [
        Tile(
            body.key,
            body.display_name,
            body.abbreviation,
            body.tile_column,
            body.tile_row,
            lazy(body.get_absolute_url, str)(),
        )
        for body in Municipality.objects.county_level().filter(tile_column__isnull=False)
    ]
