"""What DCAT-AP.de 3.0 wants to know about the data sets of this portal, for GovData and its likes.

https://www.dcat-ap.de/def/dcatde/3.0/spec/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from municipalities.indicators import ATTRIBUTION

from .linked_data import Iri, Object, Text, Thing, Typed

AUTHORITY = "http://publications.europa.eu/resource/authority"
CC_BY, DL_BY = "http://dcat-ap.de/def/licenses/cc-by/4.0", "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
CONTRIBUTORS = "http://dcat-ap.de/def/contributors/"
LOWER_SAXONY = Iri("http://dcat-ap.de/def/politicalGeocoding/stateKey/03")
STATE_LEVEL = Iri("http://dcat-ap.de/def/politicalGeocoding/Level/state")
GERMAN = Iri(f"{AUTHORITY}/language/DEU")
AVAILABLE = Iri(f"{AUTHORITY}/planned-availability/AVAILABLE")
MEDIA_TYPES: Mapping[str, str] = {
    "CSV": "text/csv",
    "JSON": "application/json",
    "ZIP": "application/zip",
    "ATOM": "application/atom+xml",
}


class Distribution(NamedTuple):
    """One way to get a data set; `url_name` is its address in projects/urls.py. JSON comes from the API."""

    name: str
    title: str | Promise
    url_name: str
    format: str

    @property
    def is_service(self) -> bool:
        return self.format == "JSON"


class Dataset(NamedTuple):
    name: str
    title: str | Promise
    description: str | Promise
    keywords: Sequence[str | Promise]
    themes: Sequence[str]
    licence: str
    attribution: str | Promise
    page: str
    distributions: Sequence[Distribution]


EVERYTHING = Distribution("zip", _("Alles als eine Datei (ZIP)"), "whole_mosaic", "ZIP")
OUR_NAME = _("Integrationsmosaik Niedersachsen, mit der Adresse des Projekts oder Programms")
DATASETS = (
    Dataset(
        "projekte",
        _("Integrationsprojekte niedersächsischer Kommunen"),
        _(
            "Beispielprojekte für das Leben mit Geflüchteten: was sie tun, was sie kosten, wer sie bezahlt, wie viele "
            "Menschen daran arbeiten, welche Hürden es gab und was andere übernehmen können. Jede Angabe nennt ihre "
            "Quelle."
        ),
        (_("Integration"), _("Geflüchtete"), _("Kommunen"), _("Ehrenamt"), _("Förderung"), _("Projekte")),
        ("SOCI", "GOVE", "REGI"),
        CC_BY,
        OUR_NAME,
        "projects:list",
        (
            Distribution("csv", _("Tabelle für Excel (CSV mit Semikolon)"), "project_csv", "CSV"),
            Distribution("rfc4180", _("Tabelle für Programme (CSV nach RFC 4180)"), "project_csv_for_programs", "CSV"),
            Distribution("json", _("Schnittstelle (JSON)"), "api_projects", "JSON"),
            Distribution("atom", _("Neue Projekte als Feed (Atom)"), "feed", "ATOM"),
            EVERYTHING,
        ),
    ),
    Dataset(
        "kommunen",
        _("Kommunen in Niedersachsen mit Kennzahlen"),
        _(
            "Landkreise, Region Hannover, Städte, Samtgemeinden und Gemeinden mit Schlüsseln, Zugehörigkeit, "
            "Einwohnerzahl, Fläche, Lage und Kennzahlen der amtlichen Statistik, zusammengestellt aus mehreren Quellen."
        ),
        (_("Gemeindeverzeichnis"), _("Regionalschlüssel"), _("Kommunen"), _("Statistik"), _("Niedersachsen")),
        ("REGI", "GOVE", "SOCI"),
        DL_BY,
        ATTRIBUTION,
        "projects:municipalities",
        (Distribution("json", _("Schnittstelle (JSON)"), "api_municipalities", "JSON"), EVERYTHING),
    ),
    Dataset(
        "foerderprogramme",
        _("Förderprogramme für Integration in Kommunen"),
        _("Wer was fördert, wer Geld beantragen kann, wie viel es gibt und wie lange, mit Quellen und Prüfdatum."),
        (_("Förderung"), _("Integration"), _("Kommunen"), _("Zuschüsse")),
        ("GOVE", "SOCI", "ECON"),
        CC_BY,
        OUR_NAME,
        "projects:funding",
        (Distribution("json", _("Schnittstelle (JSON)"), "api_programmes", "JSON"), EVERYTHING),
    ),
)


def address(name: str) -> str:
    return settings.SITE_URL + reverse(f"projects:{name}")


def about(name: str) -> str:
    """The address of a thing that the page of the data describes."""
    return f"{address('data_sources')}#{name}"


def things(changed_at: datetime | None) -> Iterator[Thing]:
    """The catalogue and all that it names; `changed_at` is the moment of the last publication."""
    yield _catalogue(changed_at)
    yield Thing(about("betreiber"), ["foaf:Agent", "foaf:Organization"], {"foaf:name": [Text(settings.OPERATOR_NAME)]})
    yield Thing(
        about("kontakt"),
        ["vcard:Kind", "vcard:Organization"],
        {
            "vcard:fn": [Text(settings.OPERATOR_NAME)],
            "vcard:hasEmail": [Iri(f"mailto:{settings.OPERATOR_EMAIL}")],
            "vcard:hasURL": [Iri(address("imprint"))],
        },
    )
    for dataset in DATASETS:
        yield _dataset(dataset, changed_at)
        yield from (_distribution(dataset, distribution, changed_at) for distribution in dataset.distributions)
    yield _service()


def _catalogue(changed_at: datetime | None) -> Thing:
    says: dict[str, Sequence[Object]] = {
        "dcterms:title": [Text("Integrationsmosaik Niedersachsen")],
        "dcterms:description": [Text(str(_("Projekte, Kommunen und Förderprogramme des Integrationsmosaiks.")))],
        "dcterms:publisher": [Iri(about("betreiber"))],
        "dcterms:language": [GERMAN],
        "dcterms:spatial": [LOWER_SAXONY],
        "dcterms:license": [Iri(CC_BY)],
        "dcterms:modified": _moment(changed_at),
        "foaf:homepage": [Iri(address("home"))],
        "dcat:themeTaxonomy": [Iri(f"{AUTHORITY}/data-theme")],
        "dcatap:availability": [AVAILABLE],
        "dcat:dataset": [Iri(about(dataset.name)) for dataset in DATASETS],
        "dcat:service": [Iri(about("schnittstelle"))],
    }
    return Thing(about("katalog"), ["dcat:Catalog"], says)


def _dataset(dataset: Dataset, changed_at: datetime | None) -> Thing:
    contributor = settings.DCAT_CONTRIBUTOR_ID
    says: dict[str, Sequence[Object]] = {
        "dcterms:title": [Text(str(dataset.title))],
        "dcterms:description": [Text(str(dataset.description))],
        "dcterms:publisher": [Iri(about("betreiber"))],
        "dcterms:identifier": [Text(about(dataset.name), "")],
        "dcatde:contributorID": [Iri(CONTRIBUTORS + contributor.removeprefix(CONTRIBUTORS))] if contributor else [],
        "dcat:contactPoint": [Iri(about("kontakt"))],
        "dcat:keyword": [Text(str(keyword)) for keyword in dataset.keywords],
        "dcat:theme": [Iri(f"{AUTHORITY}/data-theme/{theme}") for theme in dataset.themes],
        "dcatde:politicalGeocodingLevelURI": [STATE_LEVEL],
        "dcatde:politicalGeocodingURI": [LOWER_SAXONY],
        "dcterms:spatial": [LOWER_SAXONY],
        "dcterms:language": [GERMAN],
        "dcterms:modified": _moment(changed_at),
        "dcterms:accrualPeriodicity": [Iri(f"{AUTHORITY}/frequency/IRREG")],
        "dcterms:accessRights": [Iri(f"{AUTHORITY}/access-right/PUBLIC")],
        "dcatap:availability": [AVAILABLE],
        "dcat:landingPage": [Iri(settings.SITE_URL + reverse(dataset.page))],
        "foaf:page": [Iri(address("codebook")), Iri(address("data_sources"))],
        "dcat:distribution": [Iri(_distribution_iri(dataset, each)) for each in dataset.distributions],
    }
    return Thing(about(dataset.name), ["dcat:Dataset"], says)


def _distribution_iri(dataset: Dataset, distribution: Distribution) -> str:
    return about(f"{dataset.name}-{distribution.name}")


def _distribution(dataset: Dataset, distribution: Distribution, changed_at: datetime | None) -> Thing:
    url = Iri(address(distribution.url_name))
    says: dict[str, Sequence[Object]] = {
        "dcterms:title": [Text(str(distribution.title))],
        "dcat:accessURL": [url],
        "dcat:downloadURL": [] if distribution.is_service else [url],
        "dcat:accessService": [Iri(about("schnittstelle"))] if distribution.is_service else [],
        "dcterms:license": [Iri(dataset.licence)],
        "dcatde:licenseAttributionByText": [Text(str(dataset.attribution))],
        "dcterms:format": [Iri(f"{AUTHORITY}/file-type/{distribution.format}")],
        "dcat:mediaType": [
            Iri(f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[distribution.format]}"),
        ],
        "dcterms:language": [GERMAN],
        "dcterms:modified": _moment(changed_at),
        "dcatap:availability": [AVAILABLE],
        "adms:status": [Iri("http://purl.org/adms/status/Completed")],
    }
    return Thing(_distribution_iri(dataset, distribution), ["dcat:Distribution"], says)


def _service() -> Thing:
    says: dict[str, Sequence[Object]] = {
        "dcterms:title": [Text(str(_("Schnittstelle des Integrationsmosaiks (JSON)")))],
        "dcterms:publisher": [Iri(about("betreiber"))],
        "dcat:endpointURL": [Iri(settings.SITE_URL + "/api/v1/")],
        "dcat:endpointDescription": [Iri(address("openapi"))],
        "dcat:contactPoint": [Iri(about("kontakt"))],
        "dcat:landingPage": [Iri(address("api"))],
        "dcat:servesDataset": [Iri(about(dataset.name)) for dataset in DATASETS],
        "dcatap:availability": [AVAILABLE],
        "dcterms:format": [Iri(f"{AUTHORITY}/file-type/JSON")],
    }
    return Thing(about("schnittstelle"), ["dcat:DataService"], says)


def _moment(at: datetime | None) -> list[Object]:
    return [Typed(at.isoformat(timespec="seconds"), "xsd:dateTime")] if at else []
