"""Template side of the open data: small texts with `code`, and what tells search engines about a page."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from municipalities.models import Municipality
from projects.models import Project
from projects.open_data import schema_org

register = template.Library()


@register.filter
def coded(text: str) -> SafeString:
    """One line in which `…` is code."""
    parts = enumerate(re.split(r"`([^`]*)`", text))
    marked = (format_html("<code>{}</code>", part) if place % 2 else part for place, part in parts)
    return format_html_join("", "{}", ((part,) for part in marked))


@register.filter
def coded_paragraphs(text: str) -> SafeString:
    """Paragraphs between empty lines, likewise."""
    return format_html_join("", "<p>{}</p>", ((coded(part),) for part in text.strip().split("\n\n") if part))


# What search engines and messengers read


# Ends no element and begins none, whatever a title says.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _block(data: dict[str, Any]) -> SafeString:
    """A data block: browsers do not run it, so the policy for scripts does not concern it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return SafeString(f'<script type="application/ld+json">{text}</script>')


@register.simple_tag
def website_data() -> SafeString:
    return _block(schema_org.website())


@register.simple_tag
def project_data(project: Project) -> SafeString:
    return _block(schema_org.project(project))


@register.simple_tag
def municipality_data(body: Municipality, ancestors: Sequence[Municipality]) -> SafeString:
    return _block(schema_org.municipality(body, ancestors))


@register.simple_tag
def list_data(address: str, total: int) -> SafeString:
    return _block(schema_org.project_list(address, total))


@register.simple_tag
def catalogue_data() -> SafeString:
    return _block(schema_org.data_catalogue())
