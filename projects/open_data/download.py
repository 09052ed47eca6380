"""The whole mosaic as one ZIP file, written piece by piece, so that its size costs no memory."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import RawIOBase
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from municipalities.indicators import ATTRIBUTION
from municipalities.models import Municipality
from projects.facets import FacetIndex
from projects.models import FundingProgramme

from . import codebook, project_table, records, register, tables


class _Pipe(RawIOBase):
    """Takes what the ZIP writer writes until somebody fetches it; cannot be read or rewound."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._written += piece
        return len(piece)

    def fetch(self) -> bytes:
        fetched = bytes(self._written)
        self._written.clear()
        return fetched


def pieces(index: FacetIndex, now: datetime, base_url: str) -> Iterator[bytes]:
    """The bytes of the file, in order."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        for name, lines in _files(index, now, base_url):
            about = ZipInfo(name, now.timetuple()[:6])
            about.compress_type = ZIP_DEFLATED
            with archive.open(about, "w") as member:
                for piece in tables.in_pieces(lines):
                    member.write(piece.encode())
                    if fetched := pipe.fetch():
                        yield fetched
    yield pipe.fetch()


def _files(index: FacetIndex, now: datetime, base_url: str) -> Iterator[tuple[str, Iterable[str]]]:
    numbers, vocabularies = index.everything, index.labels.choices
    everybody = Municipality.objects.order_by("key")
    yield "LIESMICH.txt", [_readme(now, base_url)]
    rows = project_table.rows(records.records(numbers, base_url), vocabularies, for_programs=False)
    yield "projekte.csv", tables.csv_lines(project_table.head(for_programs=False), rows)
    yield "projekte.jsonl", (_line(record) for record in records.records(numbers, base_url))
    yield "kommunen.csv", tables.csv_lines(register.body_head(), register.body_rows(everybody))
    figures = ("ars", "key", "indicator", "year", "value")
    yield "kennzahlen-der-kommunen.csv", tables.csv_lines(figures, register.figure_rows())
    programmes = register.programmes(FundingProgramme.objects.order_by("slug"), base_url)
    yield "foerderprogramme.jsonl", (_line(programme) for programme in programmes)
    yield "codebuch.csv", tables.csv_lines(codebook.HEAD, codebook.rows(vocabularies))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _readme(now: datetime, base_url: str) -> str:
    licence = _(
        "Texte der Projekte: CC BY 4.0, wo in der Spalte „licence“ nichts anderes steht. Nennen Sie das "
        "Integrationsmosaik Niedersachsen und die Adresse des Projekts. Die Angaben zu den Kommunen:"
    )
    tables_text = _(
        "Die CSV-Dateien öffnen sich mit Excel oder LibreOffice. Was die Spalten bedeuten, steht in codebuch.csv. "
        "Dieselben Projekte stehen in projekte.jsonl, ein Projekt je Zeile, für Programme."
    )
    head = _("Integrationsmosaik Niedersachsen, Stand {when}").format(when=f"{now:%d.%m.%Y %H:%M}")
    return "\n\n".join([head, base_url, tables_text, licence, ATTRIBUTION]) + "\n"
