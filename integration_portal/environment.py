"""How settings read the environment: values, secrets out of files, numbers, the address of the database."""

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env(name: str, default: str | None = None) -> str:
    """Value of an environment variable, or the content of the file that `<name>_FILE` points to."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from None
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE).")
    return value


def env_number(name: str, default: int) -> int:
    value = env(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def env_amount(name: str, default: str) -> Decimal:
    """An amount of money that is not negative; a decimal comma is fine."""
    value = env(name, default)
    if not re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,2})?", value):
        raise ImproperlyConfigured(f"{name} must be an amount such as 15 or 12.50, not {value!r}.")
    return Decimal(value.replace(",", "."))


def database_from_url(url: str, name: str = "DATABASE_URL") -> dict[str, object]:
    """Database settings from postgresql://user:password@host:port/name; `?host=` names the folder of a socket."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host:5432/name.")
    socket_folder = parse_qs(parts.query).get("host", [""])[0]
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": socket_folder or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
    }


def bucket() -> dict[str, Any] | None:
    """Where uploads lie if several machines share them in a bucket (needs the extra `s3`); else a folder has them.

    The portal still hands each file out itself, because it knows who may see it.
    """
    if not (name := env("S3_BUCKET", "")):
        return None
    options = {
        "bucket_name": name,
        "endpoint_url": env("S3_ENDPOINT_URL", "") or None,
        "access_key": env("S3_ACCESS_KEY"),
        "secret_key": env("S3_SECRET_KEY"),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def json_logging(level: str) -> dict[str, Any]:
    """One line of JSON for each event, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "integration_portal.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.request": {"level": "ERROR"},  # answers below 500 have their line from the middleware
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # anyone can cause these by the thousand
        },
    }
