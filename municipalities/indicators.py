"""What the statistical figures mean: label, unit, source and licence of each, in the order in which pages show them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A statistical figure of the register.

    `column` is the name in the data file with `{year}` in place of the year; `decimals` is how exact pages show it.
    """

    code: str
    column: str
    label: Promise | str
    unit: Promise | str = ""
    decimals: int = 0
    source: Promise | str
    licence: str = "dl-de/by-2-0"
    note: Promise | str = ""


# Sources and years are documented column by column in data/SOURCES.md.
INDICATORS = (
    Indicator(
        code="population_census",
        column="population_census_{year}",
        label=_("Einwohner laut Zensus"),
        source=_("Zensus (Destatis)"),
        note=_("Gezählt am Stichtag, 2022 am 15. Mai; die laufende Einwohnerzahl schreibt das Ergebnis fort."),
    ),
    Indicator(
        code="foreign_share_census",
        column="foreign_share_census_{year}_pct",
        label=_("Anteil ausländischer Staatsangehöriger (Zensus)"),
        unit="%",
        decimals=1,
        source=_("Zensus (Destatis)"),
        note=_("Nur für Städte und Gemeinden; mit der INKAR-Zahl der Kreise nicht vergleichbar."),
    ),
    Indicator(
        code="foreign_share",
        column="foreign_share_{year}_pct",
        label=_("Anteil ausländischer Staatsangehöriger (INKAR)"),
        unit="%",
        decimals=1,
        source=_("INKAR (BBSR)"),
        note=_("Am Jahresende, nur für Kreise und kreisfreie Städte; mit der Zensus-Zahl nicht vergleichbar."),
    ),
    Indicator(
        code="unemployed",
        column="unemployed_{year}",
        label=_("Arbeitslose im Jahresdurchschnitt"),
        source=_("Bundesagentur für Arbeit, Regionaldatenbank Deutschland"),
    ),
    Indicator(
        code="unemployment_rate",
        column="unemployment_rate_{year}_pct",
        label=_("Arbeitslosenquote"),
        unit="%",
        decimals=1,
        source=_("Bundesagentur für Arbeit, Regionaldatenbank Deutschland"),
        note=_("Bezogen auf alle zivilen Erwerbspersonen, Jahresdurchschnitt."),
    ),
    Indicator(
        code="disposable_income",
        column="disposable_income_{year}_eur",
        label=_("Verfügbares Einkommen je Kopf"),
        unit="€",
        source=_("Volkswirtschaftliche Gesamtrechnungen der Länder, Regionaldatenbank Deutschland"),
        note=_("Verfügbares Einkommen der privaten Haushalte im Jahr."),
    ),
    Indicator(
        code="income_tax_share",
        column="income_tax_share_{year}_eur",
        label=_("Gemeindeanteil an der Einkommensteuer je Kopf"),
        unit="€",
        source=_("INKAR (BBSR)"),
    ),
    Indicator(
        code="tax_capacity",
        column="tax_capacity_{year}_eur",
        label=_("Steuerkraft der Gemeinden je Kopf"),
        unit="€",
        source=_("INKAR (BBSR)"),
        note=_("Älterer Wert aus einer einzigen Quelle, nur zur Einordnung; ein neuerer liegt hier nicht vor."),
    ),
    Indicator(
        code="deprivation",
        column="gisd_{year}",
        label=_("Deprivationsindex GISD"),
        decimals=2,
        source=_("Robert Koch-Institut"),
        licence="CC BY 4.0",
        # Counties and independent cities come from another file of the release, on a scale of its own.
        note=_(
            "0 = geringste, 1 = stärkste Benachteiligung, bundesweit skaliert; "
            "Kreise und kreisfreie Städte auf einer anderen Skala als Gemeinden."
        ),
    ),
    Indicator(
        code="settlement_share",
        column="settlement_traffic_area_{year}_pct",
        label=_("Anteil der Siedlungs- und Verkehrsfläche"),
        unit="%",
        decimals=1,
        source=_("Regionalatlas Deutschland (Statistische Ämter des Bundes und der Länder)"),
    ),
)

BY_CODE = {indicator.code: indicator for indicator in INDICATORS}

ATTRIBUTION = (
    "Gemeindeverzeichnis-Informationssystem GV-ISys, Regionaldatenbank Deutschland, Regionalatlas, Zensus 2022: "
    "© Statistische Ämter des Bundes und der Länder (Destatis), 2022–2026, Datenlizenz Deutschland – Namensnennung – "
    "Version 2.0, eigene Darstellung. – Verwaltungsgebiete VG250-EW: © GeoBasis-DE / BKG, dl-de/by-2-0, Punkte "
    "abgeleitet. – INKAR: © BBSR Bonn, dl-de/by-2-0. – RegioStaR: BMV(DV), dl-de/by-2-0. – GISD: Robert Koch-Institut, "
    "CC BY 4.0."
)
