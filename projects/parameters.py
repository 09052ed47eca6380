"""What one parameter of the query string accepts. Nothing is refused as a whole: the good part of a value applies."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar, cast
from unicodedata import category

import django_filters
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .labels import Body, Labels

LONGEST_SEARCH = 200

T = TypeVar("T")


def shallow_copy(original: T) -> T:
    """Django copies filters and fields for every request. These have nothing deep; copying it took half of the time."""
    copy = object.__new__(type(original))
    copy.__dict__.update(original.__dict__)
    return copy


class LenientField(forms.Field):
    """Returns the part of its value that makes sense; `complaints` say what was left out, QueryForm reports them."""

    name: str
    labels: Labels
    complaints: list[str]

    def __deepcopy__(self, memo: dict) -> "LenientField":
        return shallow_copy(self)

    def clean(self, value: Any) -> Any:
        self.complaints = []
        return self.keep(value)

    def keep(self, value: Any) -> Any:
        raise NotImplementedError

    def complain(self, message: str, value: str) -> None:
        readable = "".join(char if char.isprintable() else "\ufffd" for char in value[:61])
        self.complaints.append(message % {"value": readable if len(readable) < 61 else readable[:60] + "…"})


class FacetField(LenientField):
    """Any number of values of one facet, also as they were called before."""

    widget = forms.SelectMultiple

    def keep(self, values: Sequence[str]) -> list[str]:
        known = self.labels.choices[self.name]
        former = self.labels.former_values.get(self.name, {})
        wanted = dict.fromkeys(value if value in known else former.get(value, value) for value in values or () if value)
        for value in [value for value in wanted if value not in known][:3]:
            self.complain(_("Diese Auswahl gibt es nicht: „%(value)s“"), value)
        return [value for value in known if value in wanted]


class ChoiceField(LenientField):
    """One of a few fixed values, or nothing."""

    def __init__(self, *, known: Collection[str], **kwargs) -> None:
        super().__init__(**kwargs)
        self.known = known

    def keep(self, value: str | None) -> str:
        if not value or value in self.known:
            return value or ""
        self.complain(_("Diese Auswahl gibt es nicht: „%(value)s“"), value)
        return ""


class BodyField(LenientField):
    """A body of the register: its key, or its name where only one can be meant."""

    def keep(self, value: str | None) -> Body | None:
        text = (value or "").strip()
        found = self.labels.bodies_called(text) if text else []
        if text and not found:
            self.complain(_("Diese Kommune steht nicht im Verzeichnis: „%(value)s“"), text)
        if len(found) > 1:
            each = (f"{body.key} ({self.labels.county_of(body).display_name})" for body in found)
            message = _("Mehrere Kommunen heißen „%(value)s“. Bitte geben Sie statt des Namens den Schlüssel ein:")
            self.complain(message, text)
            self.complaints[-1] += " " + ", ".join(each)
        return found[0] if len(found) == 1 else None


class SearchField(LenientField):
    """A search text; control characters count as blanks, format characters as nothing."""

    def keep(self, value: str | None) -> str:
        visible = (char if char.isprintable() else "" if category(char) == "Cf" else " " for char in value or "")
        text = " ".join("".join(visible).split())
        if len(text) > LONGEST_SEARCH:
            self.complaints.append(_("Der Suchtext war zu lang und wurde gekürzt."))
        return text[:LONGEST_SEARCH].rstrip()


class PageField(LenientField):
    """The number of a page; a page beyond the end is the last one."""

    def keep(self, value: str | None) -> int:
        if value and not (value.isdecimal() and len(value) < 10 and int(value)):
            self.complain(_("Diese Seite gibt es nicht: „%(value)s“"), value)
            return 1
        return int(value or 1)


class QueryForm(forms.Form):
    """Reports what a field left out, and keeps what it accepted."""

    def __init__(self, data: MultiValueDict, labels: Labels) -> None:
        super().__init__(data)
        self.lenient_fields = cast(dict[str, LenientField], self.fields)
        for name, field in self.lenient_fields.items():
            field.name, field.labels = name, labels
        self.full_clean()

    def clean(self) -> dict[str, Any]:
        accepted = dict(self.cleaned_data)
        for name, field in self.lenient_fields.items():
            for message in field.complaints:
                self.add_error(name, message)  # takes the whole field out of `cleaned_data`
        return accepted


class Parameter(django_filters.Filter):
    """A parameter of the query string that restricts nothing by itself; ProjectFilter asks the index."""

    def __init__(self, field_class: type[LenientField], label: str | Promise, **kwargs) -> None:
        self.field_class = field_class
        super().__init__(label=label, **kwargs)

    def __deepcopy__(self, memo: dict) -> "Parameter":
        return shallow_copy(self)


class FacetParameter(Parameter):
    """A facet of the panel. Only short lists show values that would give nothing: their gaps say something."""

    def __init__(self, label: str | Promise, *, is_open: bool = False, shows_zeros: bool = True) -> None:
        super().__init__(FacetField, label)
        self.is_open, self.shows_zeros = is_open, shows_zeros
