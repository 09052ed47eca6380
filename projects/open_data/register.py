"""Bodies of the register and funding programmes as plain data, and as tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from municipalities.models import Figure, Municipality
from projects.models import FundingProgramme

from .records import plain

BODY = (
    "key ars ags display_name name kind legal_status seat postal_code population population_date area_km2 latitude "
    "longitude nuts3 degree_of_urbanisation regional_type closed_on"
).split()
ABOVE = {"county": "county__key", "parent": "parent__key", "successor": "successor__key"}
PROGRAMME = (
    "slug name provider level description eligible is_open_to_municipalities eligible_kinds smallest_population "
    "largest_population amounts minimum_amount maximum_amount quota_percent permanence is_running running_note period "
    "deadline_on deadline_note editorial_note checked_on"
).split()


def bodies(municipalities: QuerySet[Municipality], base_url: str) -> Iterator[dict[str, Any]]:
    """Each body with its figures (indicator, year, value) and the keys of what it belongs to."""
    figures = Figure.objects.filter(municipality=OuterRef("pk")).order_by("indicator", "-year")
    row = JSONObject(indicator="indicator", year="year", value="value")
    rows = municipalities.annotate(rows=ArraySubquery(figures.values(row=row))).values(*BODY, *ABOVE.values(), "rows")
    for found in rows.iterator(chunk_size=500):
        body = {name: plain(found[name]) for name in BODY}
        body |= {name: found[column] for name, column in ABOVE.items()}
        body["figures"] = [{**figure, "value": plain(figure["value"])} for figure in found["rows"]]
        yield {**body, "url": f"{base_url}/kommunen/{found['key']}/"}


def body_head() -> list[str]:
    return [*BODY, *ABOVE]


def body_rows(municipalities: QuerySet[Municipality]) -> Iterator[Sequence[Any]]:
    yield from municipalities.values_list(*BODY, *ABOVE.values()).iterator(chunk_size=500)


def figure_rows() -> Iterator[Sequence[Any]]:
    """Key, indicator, year, value; what the indicators mean is on the page of data sources."""
    columns = ("municipality__ars", "municipality__key", "indicator", "year", "value")
    yield from Figure.objects.order_by("municipality__key", "indicator", "year").values_list(*columns).iterator()


def programmes(found: QuerySet[FundingProgramme], base_url: str) -> Iterator[dict[str, Any]]:
    """Each programme with its purposes, topics, places and sources."""
    for programme in found.prefetch_related("topics", "references", "named_bodies", "counties"):
        record: dict[str, Any] = {name: plain(getattr(programme, name)) for name in PROGRAMME}
        record["purposes"] = programme.purpose_list
        record["topics"] = [topic.slug for topic in programme.topics.all()]
        record["named_bodies"] = [body.key for body in programme.named_bodies.all()]
        record["counties"] = [county.key for county in programme.counties.all()]
        record["references"] = [_reference(reference) for reference in programme.references.all()]
        yield {**record, "url": base_url + programme.get_absolute_url()}


def _reference(reference: Any) -> Mapping[str, Any]:
    return {"number": reference.number, "url": reference.url, "publisher": reference.publisher}
