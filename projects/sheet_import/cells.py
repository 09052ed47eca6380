"""Cells of a table → what the forms of the submission are sent. Knows vocabularies and places, judges nothing else.

A cell may hold a label or a code, as the two exports do. What is not on a list is a ValidationError that says what is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from municipalities.models import Kind, Municipality
from projects.models import FundingProgramme, FundingSource, ObstacleCategory, TargetGroup, Topic
from projects.open_data.columns import Choices, Column
from projects.open_data.project_table import split_fields
from projects.submission_fields import BodiesField, bodies_called

YES, NO = {"ja", "true", "wahr", "x", "1"}, {"nein", "false", "falsch", "0"}
MOST_LISTED = 25  # allowed values in one message
KEY_LENGTHS = (4, 8, 11)  # of keys whose first zero a spreadsheet has taken for superfluous
LEAD = ("municipality.key", "municipality.name")


class Places(BodiesField):
    """The municipal bodies that a table names, by key or name; all of them are read at once."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        super().__init__(required=False)
        names: set[str] = set()
        for cells in rows:
            names |= {place_name(cells[name]) for name in LEAD if name in cells}
            names |= set(further_names(cells.get("further_municipalities", "")))
        self._known = bodies_called(names)

    def called(self, names: Iterable[str]) -> Mapping[str, list[Municipality]]:
        return self._known

    def lead(self, cells: Mapping[str, str]) -> Municipality | None:
        """By key, else by name; where a row has both, they have to agree. Names are often those of several bodies."""
        key, name = (place_name(cells.get(column, "")) for column in LEAD)
        if not key and not name:
            return None
        body = self.only(key or name, self._known.get((key or name).casefold(), []))
        if key and name and name.casefold() not in (body.name.casefold(), body.display_name.casefold()):
            raise ValidationError(_("Schlüssel und Name gehören zu verschiedenen Kommunen."))
        if body.kind == Kind.UNINCORPORATED_AREA:
            raise ValidationError(_("Ein gemeindefreies Gebiet kann kein Projekt führen."))
        return body


def place_name(text: str) -> str:
    """A name with single blanks, or a key with the zero that all keys of the Land begin with."""
    name = " ".join(text.split())
    is_cut = name.isdecimal() and name.startswith("3") and len(name) in KEY_LENGTHS
    return f"0{name}" if is_cut else name


def further_names(text: str) -> list[str]:
    """One a line; the export writes „key | name“."""
    return list(dict.fromkeys(place_name(split_fields(line)[0]) for line in text.splitlines() if line.strip()))


@dataclass(frozen=True)
class Lists:
    """Everything that cells refer to besides places, read once for a table."""

    topics: list[Topic]
    target_groups: list[TargetGroup]
    categories: list[ObstacleCategory]
    programmes: list[FundingProgramme]
    sources: dict[str, FundingSource]
    _spellings: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Lists":
        return cls(
            topics=list(Topic.objects.all()),
            target_groups=list(TargetGroup.objects.all()),
            categories=list(ObstacleCategory.objects.all()),
            programmes=list(FundingProgramme.objects.all()),
            sources={source.name.casefold(): source for source in FundingSource.objects.all()},
        )

    @cached_property
    def _by_slug(self) -> Mapping[str, Mapping[str, Any]]:
        """The lists that moderators maintain, by the names that columns have for them."""
        lists = {"topic": self.topics, "target_group": self.target_groups, "obstacle": self.categories}
        return {name: {row.slug: row for row in rows} for name, rows in lists.items()}

    @cached_property
    def choices(self) -> Mapping[str, Choices]:
        """Slug → label, likewise."""
        return {name: {slug: row.label for slug, row in rows.items()} for name, rows in self._by_slug.items()}

    def sent(self, column: Column, text: str, *, for_programs: bool) -> Any:
        """What the field of a form gets for a cell, or for a field of a row inside it; a list for several choices."""
        if column.name == "programme":
            return self._programme(text)
        if column.type == "choices":
            names = [name for line in text.splitlines() for name in split_fields(line) if name]
            return [self._choice(column, name) for name in names]
        if column.type == "choice":
            chosen = self._choice(column, text) if text else ""
            return str(chosen.pk) if isinstance(chosen, Model) else chosen
        if column.type == "yes_no":
            return "on" if _yes(text) else ""
        if column.type == "number" and for_programs:
            return text.replace(".", ",")
        return text

    def _choice(self, column: Column, text: str) -> Any:
        """The code; of a list that moderators maintain, the row."""
        key = id(column)
        if key not in self._spellings:
            self._spellings[key] = self._spelled(column)
        if (chosen := self._spellings[key].get(text.casefold())) is not None:
            return chosen
        allowed = [str(label) for label in column.choices_in(self.choices).values()][:MOST_LISTED]
        raise ValidationError(
            _("„%(text)s“ steht nicht in der Liste. Erlaubt ist: %(allowed)s")
            % {"text": text[:80], "allowed": " · ".join(allowed)}
        )

    def _spelled(self, column: Column) -> dict[str, Any]:
        """Everything that may stand in a cell, folded: codes and labels."""
        choices = column.choices_in(self.choices)
        rows: Mapping[str, Any] = (
            self._by_slug[column.vocabulary] if column.vocabulary else {code: code for code in choices}
        )
        labels = {str(label).casefold(): rows[code] for code, label in choices.items()}
        return labels | {code.casefold(): rows[code] for code in choices}

    def _programme(self, text: str) -> str:
        wanted = text.casefold()
        for programme in self.programmes if text else ():
            if wanted in (programme.slug, programme.name.casefold()):
                return str(programme.pk)
        if text:
            raise ValidationError(_("Dieses Förderprogramm kennen wir nicht: %(name)s.") % {"name": text[:80]})
        return ""


def _yes(text: str) -> bool:
    if text.casefold() in YES:
        return True
    if text and text.casefold() not in NO:
        raise ValidationError(_("Hier steht „ja“ oder „nein“."))
    return False


def rows_in(column: Column, text: str) -> list[dict[str, str]]:
    """The rows inside a cell, each by the names of its fields; a row may leave out its last fields."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        fields = split_fields(line)
        if len(fields) > len(column.columns):
            raise ValidationError(
                _("In einer Zeile der Zelle stehen %(count)d Felder, es gibt aber nur %(most)d: %(names)s")
                % {
                    "count": len(fields),
                    "most": len(column.columns),
                    "names": " | ".join(str(inner.label) for inner in column.columns),
                }
            )
        found.append({inner.name: field for inner, field in zip(column.columns, fields, strict=False)})
    return found
