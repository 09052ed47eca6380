"""Fields of the submission forms: dates as exact as known, numbers as Germans type them, places, sources."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import CleanTextMixin, LineField, ParagraphsField, refuse_control_characters
from municipalities.models import Municipality

from .models import Precision

EARLIEST_YEAR, LATEST_YEAR = 1945, 2100
MAX_CITES = 20
MAX_BODIES = 60
_YEAR = re.compile(r"([0-9]{4})")
_MONTH = re.compile(r"([0-9]{1,2})\s*[./-]\s*([0-9]{4})")
_DAY = re.compile(r"([0-9]{1,2})\.\s*([0-9]{1,2})\.\s*([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2}))?")
# Points only between groups of three, so that „1.5“ is never taken for 15.
_GERMAN_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,([0-9]+))?")


class PartialDate(NamedTuple):
    """The first or last day of a year, a month or a day, and which of the three is meant."""

    day: date
    precision: str

    def __str__(self) -> str:
        return spell_date(self.day, self.precision)


def spell_date(day: date, precision: str) -> str:
    """How a German types it: „2015“, „9/2015“, „24.9.2015“."""
    if precision == Precision.YEAR:
        return f"{day.year:04d}"
    return f"{day.month}/{day.year:04d}" if precision == Precision.MONTH else f"{day.day}.{day.month}.{day.year:04d}"


def spell_edge(day: date | None, *, last: bool = False) -> str:
    """A date without precision: the first (or `last`) day of a year or month stands for the whole of it."""
    if day is None:
        return ""
    year_edge = (12, 31) if last else (1, 1)
    if (day.month, day.day) == year_edge:
        return spell_date(day, Precision.YEAR)
    month_edge = monthrange(day.year, day.month)[1] if last else 1
    return spell_date(day, Precision.MONTH if day.day == month_edge else Precision.DAY)


def read_partial_date(text: str, *, last: bool = False) -> PartialDate:
    """The reverse of spell_date(); ValueError where there is no such day."""
    month = day = None
    if match := _YEAR.fullmatch(text):
        year = int(match[1])
    elif match := _MONTH.fullmatch(text):
        month, year = int(match[1]), int(match[2])
    elif match := _DAY.fullmatch(text):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
    elif match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3]) if match[3] else None
    else:
        raise ValueError(text)
    if month is None:
        return PartialDate(date(year, 12, 31) if last else date(year, 1, 1), Precision.YEAR.value)
    if day is None:
        day_of_month = monthrange(year, month)[1] if last else 1  # refuses month 0 and 13 like date() does
        return PartialDate(date(year, month, day_of_month), Precision.MONTH.value)
    return PartialDate(date(year, month, day), Precision.DAY.value)


def spell_number(value: Decimal | int) -> str:
    """„1.400.000,50“; decimals only where there are some, and then two for sums of cents."""
    whole, _point, fraction = f"{value:,f}".partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", ".") + (f",{fraction:0<2}" if fraction else "")


class Unit:
    """What stands beside an input; field.html shows it and reads it out with the label."""

    unit: str = ""

    def __init__(self, *, unit: str = "", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(**kwargs)


class PartialDateField(CleanTextMixin, forms.CharField):
    """„2015“, „9/2015“ or „24.9.2015“ as a PartialDate, or None; `last` takes the last day of the year or month."""

    default_error_messages = {
        "invalid": _("Schreiben Sie das Datum als Jahr, Monat oder Tag: 2015 oder 9/2015 oder 24.9.2015."),
        "range": _("Das Jahr liegt zwischen %(first)s und %(last)s."),
    }

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        self.last = last
        kwargs.setdefault("help_text", _("So genau, wie Sie es wissen: 2015 oder 9/2015 oder 24.9.2015"))
        super().__init__(**kwargs)
        self.widget.attrs.update({"class": "input--short", "autocomplete": "off"})

    def clean(self, value: Any) -> PartialDate | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = read_partial_date(text, last=self.last)
        except (ValueError, OverflowError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if not EARLIEST_YEAR <= found.day.year <= LATEST_YEAR:
            raise ValidationError(
                self.error_messages["range"], code="range", params={"first": EARLIEST_YEAR, "last": LATEST_YEAR}
            )
        return found


class GermanDecimalField(Unit, CleanTextMixin, forms.CharField):
    """„1.400.000,50“ as a Decimal, or None where nothing was typed: empty is not zero."""

    default_error_messages = {
        "invalid": _("Schreiben Sie nur eine Zahl, mit Komma vor den Nachkommastellen. Zum Beispiel: 1.400.000,50"),
        "digits": _("Diese Zahl ist zu groß."),
        "places": _("Höchstens %(places)d Stellen nach dem Komma."),
    }

    def __init__(
        self, *, max_digits: int = 12, decimal_places: int = 2, is_signed: bool = False, **kwargs: Any
    ) -> None:
        self.max_digits, self.decimal_places, self.is_signed = max_digits, decimal_places, is_signed
        super().__init__(**kwargs)
        self.widget.attrs.update(
            {"class": "input--short", "inputmode": "decimal" if decimal_places else "numeric", "autocomplete": "off"}
        )

    def prepare_value(self, value: Any) -> Any:
        return spell_number(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        sign = "-" if self.is_signed and text[0] in "-−" else ""
        match = _GERMAN_NUMBER.fullmatch(text[len(sign) :].removesuffix("€").removesuffix("Euro").replace(" ", ""))
        if not match or not match[0].isascii():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        fraction = (match[1] or "").rstrip("0")
        if len(fraction) > self.decimal_places:
            raise ValidationError(self.error_messages["places"], code="places", params={"places": self.decimal_places})
        whole = match[0].partition(",")[0].replace(".", "").lstrip("0") or "0"
        if len(whole) > self.max_digits - self.decimal_places:
            raise ValidationError(self.error_messages["digits"], code="digits")
        return self.to_number(f"{sign}{whole}.{fraction or 0}")

    def to_number(self, text: str) -> Any:
        return Decimal(text)


class GermanIntegerField(GermanDecimalField):
    """„1.200“ as an int, or None."""

    default_error_messages = {
        "invalid": _("Schreiben Sie nur eine ganze Zahl. Zum Beispiel: 1.200"),
        "places": _("Hier steht eine ganze Zahl ohne Komma."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=9, decimal_places=0, **kwargs)

    def to_number(self, text: str) -> int:
        return int(Decimal(text))


class CitesField(CleanTextMixin, forms.CharField):
    """„1, 3“: numbers of the project's sources as a sorted list."""

    default_error_messages = {
        "invalid": _("Schreiben Sie die Nummern der Quellen, mit Komma getrennt. Zum Beispiel: 1, 3"),
        "unknown": _("Diese Quelle gibt es nicht: %(number)s. Quellen tragen Sie im Teil „Belege“ ein."),
    }
    known: frozenset[int] = frozenset()

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Nummern der Quellen"))
        kwargs.setdefault("help_text", _("Aus dem Teil „Belege“, zum Beispiel: 1, 3"))
        super().__init__(required=False, **kwargs)
        self.widget.attrs["class"] = "input--short"

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[int]:
        text = super().clean(value)
        parts = [part.strip(" []") for part in text.split(",") if part.strip()]
        if len(parts) > MAX_CITES or not all(re.fullmatch(r"[0-9]{1,3}", part) for part in parts):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        numbers = sorted({int(part) for part in parts})
        for number in numbers:
            if number not in self.known:
                raise ValidationError(self.error_messages["unknown"], code="unknown", params={"number": number})
        return numbers


class ListedChoiceField(forms.TypedChoiceField):
    """One of rows that the page has read once for all its selects; gives the row, or None."""

    default_error_messages = {"invalid_choice": _("Bitte wählen Sie einen Eintrag der Liste.")}

    def offer(self, rows: Iterable[Any], *, empty: Any = "") -> None:
        """Sets the rows; `empty` is what the choice of none of them is called, where there is one."""
        self.rows = {str(row.pk): row for row in rows}
        none = [("", empty)] if empty else []
        self.choices = [*none, *((key, str(row)) for key, row in self.rows.items())]
        self.coerce = self._row
        self.empty_value = None

    def _row(self, key: str) -> Any:
        if key not in self.rows:
            raise ValueError(key)
        return self.rows[key]

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "pk", value)


class LinkField(CleanTextMixin, forms.URLField):
    """An address on the web; https is added where the scheme is missing."""

    default_error_messages = {
        "invalid": _("Bitte prüfen Sie die Adresse. Sie sieht zum Beispiel so aus: https://www.example.org/bericht")
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("assume_scheme", "https")
        kwargs.setdefault("max_length", 500)
        super().__init__(**kwargs)
        self.widget.input_type = "text"  # the browser's own check speaks before the page's error summary
        self.widget.attrs.update({"inputmode": "url", "autocomplete": "off"})

    def clean(self, value: Any) -> str:
        address = super().clean(value)
        if address and not address.lower().startswith(("https://", "http://")):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return address


class KeyField(CleanTextMixin, forms.UUIDField):
    """The hidden key by which the same form sent twice is recognised."""

    widget = forms.HiddenInput

    def run_validators(self, value: Any) -> None:
        """A UUID holds no characters that could be refused."""


class SourceDateField(LineField):
    """When a source appeared, typed as a partial date and stored as JJJJ, JJJJ-MM or JJJJ-MM-TT."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and _ISO.fullmatch(value):
            return str(read_partial_date(value))
        return value

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        found = PartialDateField(required=False).clean(text)
        if found is None:
            return ""
        length = {Precision.YEAR: 4, Precision.MONTH: 7}.get(Precision(found.precision), 10)
        return found.day.isoformat()[:length]


def bodies_called(names: Iterable[str]) -> dict[str, list[Municipality]]:
    """Existing bodies by each of these names or keys (case folded).

    A town often shares its name with its Samtgemeinde or its county; then the town is meant.
    """
    wanted = {name.casefold() for name in names}
    lowered = Municipality.objects.existing().annotate(low_name=Lower("name"), low_display=Lower("display_name"))
    found: dict[str, list[Municipality]] = {}
    for body in lowered.filter(Q(low_name__in=wanted) | Q(low_display__in=wanted) | Q(key__in=wanted)):
        for name in {body.name.casefold(), body.display_name.casefold(), body.key} & wanted:
            found.setdefault(name, []).append(body)
    for name, bodies in found.items():
        exact = [body for body in bodies if name in (body.display_name.casefold(), body.key)]
        longest = max(len(body.key) for body in bodies)
        found[name] = exact or [body for body in bodies if len(body.key) == longest]
    return found


class BodiesField(ParagraphsField):
    """Municipal bodies, one a line, by name or key."""

    default_error_messages = {
        "unknown": _("Diese Kommune kennen wir nicht: %(name)s. Schreiben Sie sie wie im Verzeichnis der Kommunen."),
        "ambiguous": _("Den Namen %(name)s gibt es mehrfach. Schreiben Sie eine Zeile davon: %(options)s"),
        "many": _("Höchstens %(count)d Kommunen."),
    }

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(body) for body in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[Municipality]:
        text = super().clean(value)
        refuse_control_characters(text)
        names = list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
        if len(names) > MAX_BODIES:
            raise ValidationError(self.error_messages["many"], code="many", params={"count": MAX_BODIES})
        if not names:
            return []
        found = self.called(names)
        return [self.only(name, found.get(name.casefold(), [])) for name in names]

    def called(self, names: Iterable[str]) -> Mapping[str, list[Municipality]]:
        return bodies_called(names)

    def only(self, name: str, bodies: list[Municipality]) -> Municipality:
        if len(bodies) == 1:
            return bodies[0]
        code = "ambiguous" if bodies else "unknown"
        options = " · ".join(body.key for body in bodies[:4])
        raise ValidationError(self.error_messages[code], code=code, params={"name": name[:120], "options": options})
