"""What a page is about in the words of schema.org, for search engines. Only what the page itself shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from projects.models import Project

from . import catalogue
from .records import dated, plain

Data = dict[str, Any]
CONTEXT = "https://schema.org"
LICENCES = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}
REGISTER_LICENCE = "https://www.govdata.de/dl-de/by-2-0"


def url(path: str) -> str:
    return settings.SITE_URL + path


def website() -> Data:
    """The portal itself, with its search."""
    search = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": url(reverse("projects:list")) + "?q={search_term_string}"},
        "query-input": "required name=search_term_string",
    }
    return _page(
        "WebSite",
        reverse("projects:home"),
        name="Integrationsmosaik Niedersachsen",
        publisher={"@type": "Organization", "name": settings.OPERATOR_NAME},
        potentialAction=search,
    )


def project(found: Project) -> Data:
    """A project that was read `for_detail`: an article about it, because the text is what has a licence and a date."""
    address = found.get_absolute_url()
    county = found.lead.county_or_self
    about = {
        "@type": "Project",
        "name": found.title,
        "foundingDate": dated(found.started_on, found.started_precision),
        "dissolutionDate": dated(found.ended_on, found.ended_precision),
        "parentOrganization": {"@type": "Organization", "name": found.operator} if found.operator else None,
        "location": _place(found.lead),
    }
    return _page(
        "Article",
        address,
        headline=found.title,
        description=found.summary,
        datePublished=plain(found.published_at),
        dateModified=plain(found.changed_on),
        license=LICENCES[found.licence],
        keywords=[*found.topic_labels, *found.target_group_labels],
        image=url(reverse("projects:share_picture", args=[found.pk])),
        publisher={"@type": "Organization", "name": "Integrationsmosaik Niedersachsen", "url": url("/")},
        about=_without_gaps(about),
        breadcrumb=_trail((_("Projekte"), reverse("projects:list")), (county.display_name, county.get_absolute_url())),
    )


def municipality(body: Municipality, ancestors: Sequence[Municipality]) -> Data:
    """A body that was read `for_page`."""
    place = _place(body)
    if body.latitude is not None and body.longitude is not None:
        place["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": plain(body.latitude),
            "longitude": plain(body.longitude),
        }
    if ancestors:
        place["containedInPlace"] = _place(ancestors[-1])
    above = [(each.display_name, each.get_absolute_url()) for each in ancestors]
    trail = _trail((_("Kommunen"), reverse("projects:municipalities")), *above)
    return _page("WebPage", body.get_absolute_url(), name=body.display_name, about=place, breadcrumb=trail)


def project_list(address: str, total: int) -> Data:
    """A selection under its path. Its projects are not repeated: the page links to the API, which has them all."""
    many = {"@type": "ItemList", "numberOfItems": total}
    return _page("CollectionPage", address, name=_("Projekte"), mainEntity=many)


def data_catalogue() -> Data:
    """The data sets, as search engines for data want them."""
    datasets = [
        {
            "@type": "Dataset",
            "@id": catalogue.about(dataset.name),
            "name": str(dataset.title),
            "description": str(dataset.description),
            "url": url(reverse(dataset.page)),
            "license": LICENCES["CC-BY-4.0"] if dataset.licence == catalogue.CC_BY else REGISTER_LICENCE,
            "creator": {"@type": "Organization", "name": "Integrationsmosaik Niedersachsen"},
            "isAccessibleForFree": True,
            "spatialCoverage": "Niedersachsen",
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": catalogue.MEDIA_TYPES[each.format],
                    "contentUrl": catalogue.address(each.url_name),
                }
                for each in dataset.distributions
            ],
        }
        for dataset in catalogue.DATASETS
    ]
    return _page(
        "DataCatalog", reverse("projects:data_sources"), name="Integrationsmosaik Niedersachsen", dataset=datasets
    )


def _page(kind: str, path: str, **says: Any) -> Data:
    head = {"@context": CONTEXT, "@type": kind, "@id": url(path), "url": url(path), "inLanguage": "de"}
    return head | _without_gaps(says)


def _place(body: Municipality) -> Data:
    keys = {"ARS": body.ars, "AGS": body.ags}
    return {
        "@type": "AdministrativeArea",
        "name": body.display_name,
        "url": url(body.get_absolute_url()),
        "identifier": [
            {"@type": "PropertyValue", "propertyID": name, "value": key} for name, key in keys.items() if key
        ],
    }


def _trail(*steps: tuple[str, str]) -> Data:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": url(path)}
            for place, (name, path) in enumerate(steps, start=1)
        ],
    }


def _without_gaps(says: Mapping[str, Any]) -> Data:
    return {name: value for name, value in says.items() if value not in (None, "", [], {})}
