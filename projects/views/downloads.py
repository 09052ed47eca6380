"""Answers that are files for other programs."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import StreamingHttpResponse

from projects import open_data


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A table as the download `name`.csv, written line by line."""
    response = StreamingHttpResponse(open_data.csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
