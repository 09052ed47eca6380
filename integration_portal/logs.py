"""One line of JSON for each event (S16): what happened, in which request; no addresses, no secrets."""

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

# Set by the outermost middleware; joins all lines of one request with the number on its error page.
request_id: ContextVar[str] = ContextVar("request_id", default="")

FIELDS = ("method", "route", "status", "ms", "account", "factor")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._message(record),
        }
        if number := request_id.get():
            line["request_id"] = number
        line.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info and record.exc_info[1]:
            line.update(self._exception(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)

    def _message(self, record: logging.LogRecord) -> str:
        """Django puts the path into its messages; some paths hold keys, so the route stands there instead."""
        text, request = record.getMessage(), getattr(record, "request", None)
        match = getattr(request, "resolver_match", None)
        return text.replace(request.path, f"/{match.route}") if request and match else text

    def _exception(self, error: BaseException) -> dict[str, object]:
        """Type, first line and places. Further lines of database errors quote the row, which may be personal."""
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return {"error": type(error).__name__, "reason": (str(error).splitlines() or [""])[0], "trace": places}
