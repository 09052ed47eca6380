"""Plain functions that make valid rows; every argument overrides a default."""

from datetime import date
from itertools import count, cycle

from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Kind, Municipality
from projects.models import Financing, FundingSource, Project, Status, Topic

_numbers = count(1)
# Keys that no test names itself: the real register uses 101 to 462, some tests 701 and above.
_county_keys = cycle([f"03{number}" for number in range(463, 700)])


def make_county(**overrides) -> Municipality:
    number = next(_numbers)
    key = overrides.pop("key", next(_county_keys))
    name = overrides.pop("name", f"Musterkreis {number}")
    fields = {
        "ars": f"{key}0000000",
        "kind": Kind.COUNTY,
        "display_name": f"Landkreis {name}",
        "official_name": name,
        "designation": "Landkreis",
        "population": 150_000,
        "population_date": date(2024, 12, 31),
        "area_km2": 1000,
        "keys_date": date(2026, 6, 30),
        **overrides,
    }
    return Municipality.objects.create(key=key, name=name, **fields)


def make_municipality(**overrides) -> Municipality:
    number = next(_numbers)
    county = overrides.pop("county", None) or make_county()
    key = overrides.pop("key", f"{county.key}0{number % 999 + 1:03d}{number % 999 + 1:03d}")
    name = overrides.pop("name", f"Musterstadt {number}")
    fields = {
        "ars": key,
        "ags": key[:5] + key[9:],
        "kind": Kind.INTEGRATED_MUNICIPALITY,
        "display_name": f"Stadt {name}",
        "official_name": f"{name}, Stadt",
        "designation": "Stadt",
        "is_town": True,
        "parent": county,
        "county": county,
        "population": 17_000,
        "population_date": date(2024, 12, 31),
        "area_km2": 100,
        "latitude": 52.5,
        "longitude": 9.5,
        "keys_date": date(2026, 6, 30),
        **overrides,
    }
    return Municipality.objects.create(key=key, name=name, **fields)


@zeal_ignore()
def make_topic(slug: str = "housing", label: str = "", **overrides) -> Topic:
    label = label or {"housing": "Wohnen", "language": "Sprache"}.get(slug, slug.title())
    return Topic.objects.get_or_create(slug=slug, defaults={"label": label, "label_en": slug, **overrides})[0]


@zeal_ignore()
def make_funding_source(name: str = "Land Niedersachsen", level: str = "state") -> FundingSource:
    return FundingSource.objects.get_or_create(name=name, defaults={"level": level})[0]


@zeal_ignore()
def make_project(*, topics=("housing",), target_groups=(), further=(), **overrides) -> Project:
    """A draft unless `status` says otherwise; the indexes are not told (that is workflow's job)."""
    number = next(_numbers)
    fields = {
        "title": f"Sprachcafé {number}",
        "summary": "Ehrenamtliche und Geflüchtete treffen sich jede Woche zum Reden.",
        "approach": "Jeden Mittwoch öffnet der Treff.",
        "stage": "running",
        **overrides,
    }
    fields.setdefault("lead", None)
    fields["lead"] = fields["lead"] or make_municipality()
    if fields.get("status") == Status.PUBLISHED:
        fields.setdefault("published_at", timezone.now())
        fields.setdefault("publication_number", number)
    if fields.get("status") == Status.SUBMITTED:
        fields.setdefault("submitted_at", timezone.now())
    project = Project.objects.create(**fields)
    project.topics.set([make_topic(topic) if isinstance(topic, str) else topic for topic in topics])
    project.target_groups.set(target_groups)
    project.further.set(further)
    return project


def add_money(project: Project, *rows: tuple[str, str]) -> None:
    """Granted money by level and permanence."""
    for level, permanence in rows:
        Financing.objects.create(project=project, source=make_funding_source(), level=level, permanence=permanence)
