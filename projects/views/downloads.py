"""Answers that are files for other programs."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import StreamingHttpResponse

from projects.open_data import tables


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, for_programs: bool = False
) -> StreamingHttpResponse:
    """A table as the download `name`.csv, written as it is read."""
    lines = tables.csv_lines(header, rows, for_programs=for_programs)
    response = StreamingHttpResponse(tables.in_pieces(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
