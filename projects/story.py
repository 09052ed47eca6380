"""Story texts: a small, safe part of Markdown to HTML, with citations linked to the list of sources."""

import re
from html import unescape

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it import MarkdownIt

# The fields of a project that are told as such a text, in the order of its page.
STORY_FIELDS = ("initial_situation", "goals", "approach", "steps", "results", "lessons", "end_reason")
TAGS = {"p", "ul", "ol", "li", "em", "strong", "a", "br"}
SCHEMES = ("http", "https", "mailto")
_MARKDOWN = MarkdownIt("zero").enable(["list", "emphasis", "link", "newline"])
# Other addresses stay as they were typed: a forgotten https:// would lead to a page of the portal that is not there.
_MARKDOWN.validateLink = lambda url: url.lower().startswith(tuple(f"{scheme}:" for scheme in SCHEMES))
# Links as a whole: a citation in the text of a link cannot be a link of its own.
_TAG_OR_CITATION = re.compile(r"<a .*?</a>|<[^>]*>|(?P<gap>\s?)\[(?P<number>\d{1,3})\]", re.DOTALL)
CITATION = re.compile(r"\s?\[\d{1,3}\]")
_HREF = re.compile(r'href="(https?://[^"]+)"', re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*[^()]*\)")


def render(text: str) -> SafeString:
    """HTML of a story text: paragraphs, lists, emphasis and links; `[3]` becomes a link to source number 3."""
    return mark_safe(_TAG_OR_CITATION.sub(_link_citation, render_uncited(text)))  # noqa: S308 - links built escaped


def render_uncited(text: str) -> SafeString:
    """HTML of a text that has no list of sources; otherwise the same."""
    html = nh3.clean(
        _MARKDOWN.render(text),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes=set(SCHEMES),
        link_rel="noopener nofollow",
    )
    return mark_safe(html)  # noqa: S308 - sanitised above


def render_inline(text: str) -> SafeString:
    """A plain note without Markdown; only its citations become links."""
    return mark_safe(_TAG_OR_CITATION.sub(_link_citation, format_html("{}", text)))  # noqa: S308 - escaped by format_html


def plain(text: str) -> str:
    """The text without citations, Markdown signs and addresses of links, for excerpts and feeds."""
    text = _LINK.sub(r"\1", CITATION.sub("", text))
    return re.sub(r"(?m)^\s*(?:[-*]|\d+\.)\s+|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}", "", text).strip()


def cited_numbers(text: str) -> set[int]:
    """Numbers of the references that the text cites."""
    return {int(match["number"]) for match in _TAG_OR_CITATION.finditer(text) if match["number"]}


def addresses(text: str) -> set[str]:
    """The addresses on the web to which the links of the text lead."""
    return {unescape(found) for found in _HREF.findall(render_uncited(text))}


def _link_citation(match: re.Match) -> str:
    if not match["number"]:
        return match[0]
    return format_html(
        '<sup class="cite"><a href="#quelle-{0}" aria-label="{1}">{0}</a></sup>',
        match["number"],
        gettext("Quelle %(number)s") % {"number": match["number"]},
    )
