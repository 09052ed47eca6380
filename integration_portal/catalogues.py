"""The catalogues of other languages: what of the sources is to be translated, and compiling without the gettext tools.

German is the message id. Letters and the desk stay German: they are the correspondence and the work of German offices.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polib
from django.conf import settings
from django.utils.translation.template import templatize

LOCALES = Path(__file__).parent / "locale"
# What readers of Arabic and Ukrainian see; every other page leads them to English.
CORE = re.compile(
    r"templates/(base|404)\.html|templates/(components|projects)/_\w+|templates/projects/(home|\w+_list|topic_detail|"
    r"project_detail)\.html|templates/municipalities/(_examples|municipality_\w+)\.html|templates/insights/_ways\.html"
    r"|templates/keeping/_\w+|templates/subscriptions/_follow\.html|projects/data/vocabulary\.toml"
    r"|projects/(filters|filter_parts|labels|parameters|likeness|languages|insights/cost_per_person)\.py"
    r"|projects/templatetags/\w+\.py|projects/models/(closed_lists|status|funding|parts|facet_index|shared_obstacles|text_versions)\.py"
    r"|projects/views/(insights|municipalities)\.py|municipalities/(models|profiles|indicators|similarity\w*)\.py"
)
GERMAN_ONLY = re.compile(
    r"templates/(admin|emails)/|(projects|municipalities)/(admin/|management/|sheet_import/|models/sheet_imports|(\w+_)?admin\.py|emails\.py|\w+_letters\.py)"
)

_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_TEMPLATE_CALL = re.compile(rf"\b(?:gettext|ngettext|_)\(\s*u?({_STRING})(?:\s*,\s*u?({_STRING}))?", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w+")


class Message(NamedTuple):
    """A text to translate, with its plural or an empty one."""

    singular: str
    plural: str


@cache
def messages() -> dict[Message, list[str]]:
    """Every message of the sources with the files that have it, in the order of the files."""
    found: dict[Message, list[str]] = {}
    for path in _sources():
        name = str(path.relative_to(settings.BASE_DIR))
        if GERMAN_ONLY.match(name):
            continue
        for message in _READERS[path.suffix](path.read_text(encoding="utf-8")):
            places = found.setdefault(message, [])
            if name not in places:
                places.append(name)
    return found


def is_core(places: list[str]) -> bool:
    return any(CORE.match(place) for place in places)


def needed(language: str) -> dict[Message, list[str]]:
    """What the catalogue of a language must have."""
    wanted = messages()
    if language in settings.CORE_LANGUAGES:
        return {message: places for message, places in wanted.items() if is_core(places)}
    return wanted


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(_path(language)), wrapwidth=110)


def missing(language: str) -> list[Message]:
    """What nobody has translated yet."""
    entries = _by_message(catalogue(language))
    return [message for message in needed(language) if message not in entries or not entries[message].translated()]


def foreign_placeholders(language: str) -> list[str]:
    """Translations whose placeholders or elements are not those of the German text."""
    return [
        entry.msgid
        for entry in catalogue(language)
        for text in _texts(entry)
        if not placeholders(text) <= placeholders(entry.msgid_plural or entry.msgid)
        or not placeholders(entry.msgid) - {"%(n)s", "%(n)d"} <= placeholders(text) | _counted(entry)
    ]


def placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def renew(language: str) -> None:
    """Brings the catalogue in step with the sources: new messages without a text, those that are gone dropped."""
    old = catalogue(language)
    known = _by_message(old)
    fresh = polib.POFile(wrapwidth=old.wrapwidth)
    fresh.metadata = old.metadata
    for message, places in needed(language).items():
        entry = known.get(message) or _empty(message, len(_plural_forms(fresh)))
        entry.occurrences = [(place, "") for place in places]
        entry.flags = ["python-format"] if "%(" in message.singular else []
        fresh.append(entry)
    fresh.save(str(_path(language)))


def compile_all() -> list[str]:
    """Writes what Django reads beside each catalogue that is newer; says which languages."""
    written = []
    for language in languages():
        source = _path(language)
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        temporary = target.with_suffix(".mo.new")
        catalogue(language).save_as_mofile(str(temporary))
        temporary.replace(target)  # a worker that starts meanwhile must not read half a file
        written.append(language)
    return written


def languages() -> list[str]:
    """Every language but the one of the message ids."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def stale() -> list[str]:
    """Languages whose compiled catalogue is missing."""
    return [language for language in languages() if not _path(language).with_suffix(".mo").exists()]


def _by_message(file: polib.POFile) -> dict[Message, polib.POEntry]:
    return {Message(entry.msgid, entry.msgid_plural): entry for entry in file}


def _path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def _texts(entry: polib.POEntry) -> list[str]:
    return [text for text in (entry.msgstr_plural or {0: entry.msgstr}).values() if text]


def _counted(entry: polib.POEntry) -> frozenset[str]:
    """A plural form may say „one“ or „two“ instead of the figure."""
    return placeholders(entry.msgid) | placeholders(entry.msgid_plural) if entry.msgid_plural else frozenset()


def _plural_forms(file: polib.POFile) -> range:
    match = re.match(r"nplurals=(\d)", file.metadata["Plural-Forms"])
    return range(int(match[1]) if match else 2)


def _empty(message: Message, forms: int) -> polib.POEntry:
    if message.plural:
        return polib.POEntry(
            msgid=message.singular, msgid_plural=message.plural, msgstr_plural=dict.fromkeys(range(forms), "")
        )
    return polib.POEntry(msgid=message.singular)


def _sources() -> Iterator[Path]:
    for folder in ("integration_portal", "municipalities", "projects", "templates"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                yield path
    yield settings.BASE_DIR / "projects" / "data" / "vocabulary.toml"


def _of_python(text: str) -> Iterator[Message]:
    nodes = list(ast.walk(ast.parse(text)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"]
    calls = {name.asname or name.name: name.name for node in imports for name in node.names}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            kind = calls.get(node.func.id, "").removesuffix("_lazy")
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if kind in ("gettext", "ngettext") and texts and texts[0]:
                yield Message(texts[0], texts[1] if kind == "ngettext" else "")


def _of_template(text: str) -> Iterator[Message]:
    for singular, plural in _TEMPLATE_CALL.findall(templatize(text)):
        yield Message(ast.literal_eval(singular), ast.literal_eval(plural) if plural else "")


def _of_vocabulary(text: str) -> Iterator[Message]:
    for entries in tomllib.loads(text).values():
        for entry in entries:
            yield from (Message(entry[name], "") for name in ("label", "description") if entry.get(name))


_READERS: Mapping[str, Callable[[str], Iterator[Message]]] = {
    ".py": _of_python,
    ".html": _of_template,
    ".txt": _of_template,
    ".toml": _of_vocabulary,
}
