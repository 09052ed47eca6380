"""S18 for every form there is, the desk's and the accounts' included: nothing typed breaks it, all text becomes clean.

The forms are looked for, so that a new one takes part by itself; one that needs arguments fails until it is given them
in every_form.py.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from allauth.core import context
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.forms.models import model_to_dict
from django.test import RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from municipalities.clean_fields import has_control_characters

from . import every_form
from .every_form import Place, is_number, is_password, is_typed, plausible
from .test_submission_forms import ODD

pytestmark = pytest.mark.ignore_template_errors  # Django's own widgets of the admin

WITHOUT_FREE_TEXT = {"BarrierReport change", "User add"}
DECOMPOSED = "So\u0308gel am Nachmittag, So\u0308gel am Abend"
ODDITIES = {
    "NUL": "a\0b",
    "half a surrogate pair": "a\ud800b",
    "very long": "x" * 100_000,
    "long number": "9" * 5_000,
    "many brackets": "[" * 100_000,
    "writing direction": "Rat\u202esuah",
    "decomposed": DECOMPOSED,
    "decomposed address": "so\u0308gel@so\u0308gel.example",
    "decomposed link": "https://so\u0308gel.example/So\u0308gel?o\u0308",
    "JSON with NUL": '{"id": "\\u0000", "rawId": "\\ud800", "response": {"userHandle": "AA"}}',
    "line ends": "\u2028\r\n\x85",
}
# Words like others, but not where a number or a day is wanted.
NUMBERS = ("²³", "١٢", "1e999999999", "NaN", "Infinity", "-1", "31.2.2015", "0001-01-01", "9" * 400, "0" * 50)


@pytest.fixture(scope="module")
def places(django_db_setup, django_db_blocker) -> Iterator[list[Place]]:
    with django_db_blocker.unblock(), transaction.atomic(), zeal_ignore():
        yield every_form.places(every_form.rows())
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _as_often_as_wanted(settings, db, places):
    settings.ACCOUNT_RATE_LIMITS = False
    request = RequestFactory().post("/konto/anmelden/")
    request.session, request.user = SessionStore(), AnonymousUser()
    with zeal_ignore(), context.request_context(request):
        yield


def bound(place: Place, typed: dict[str, Any] | None = None) -> forms.BaseForm:
    """The form as a person has filled it in, with this in some fields instead."""
    data, files = plausible(place.make())
    takes_files = {"files": files} if files else {}
    return place.make(data={**data, **(typed or {})}, **takes_files)


def typed_names(place: Place) -> list[str]:
    form = place.make()
    return [name for name, field in form.fields.items() if is_typed(field)]


def words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from words(one)


def is_composed(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def faults(form: forms.BaseForm) -> list[str]:
    """Accepted text that is not fit to be stored. A password is kept as a sum only."""
    found = []
    for name, value in form.cleaned_data.items():
        if name in form.fields and is_password(form.fields[name]):
            continue
        for text in words(value):
            if not is_composed(text):
                found.append(f"{name} not composed")
            if has_control_characters(text):
                found.append(f"{name} with control characters")
    return found


def judged(place: Place, typed: dict[str, Any]) -> list[str]:
    """What is wrong with the form after this was typed, and with the row after what it accepts of that was sent."""
    form = bound(place, typed)
    form.is_valid()
    str(form)
    found = faults(form)
    if place.saves and (accepted := {name: text for name, text in typed.items() if not form[name].errors}):
        with transaction.atomic():
            found += stored_faults(bound(place, accepted))
            transaction.set_rollback(True)
    return found


def stored_faults(form: forms.BaseForm) -> list[str]:
    return [f"stored: {text[:40]}" for text in stored(form) if not is_composed(text)]


def stored(form: forms.BaseForm) -> list[str]:
    """The texts of the row afterwards; none where the form is refused for what its fields say together."""
    if not form.is_valid():
        return []
    row = form.save()
    row.refresh_from_db()
    kept = (value for name, value in model_to_dict(row).items() if name in form.fields)
    return [text for value in kept for text in words(value)]


def judge(place: Place, typed: dict[str, Any]) -> list[str]:
    try:
        return judged(place, typed)
    except Exception as error:  # every kind of it would be a page „Fehler 500“
        return [repr(error)[:200]]


def test_plausible_answers_are_taken(places):
    """Otherwise a form would refuse everything, and nothing would be shown about what it stores."""
    forms_filled_in = {place.name: bound(place) for place in places if place.can_be_right}
    assert {name: form.errors for name, form in forms_filled_in.items() if not form.is_valid()} == {}


@pytest.mark.check("S18")
@pytest.mark.parametrize("odd", ODDITIES)
def test_no_form_breaks_or_takes_unclean_text(places, odd):
    found = {place.name: judge(place, dict.fromkeys(typed_names(place), ODDITIES[odd])) for place in places}
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.check("S18")
@pytest.mark.parametrize("odd", NUMBERS)
def test_no_form_breaks_by_what_is_hardly_a_number(places, odd):
    found = {}
    for place in places:
        if names := [name for name, field in place.make().fields.items() if is_number(field)]:
            found[place.name] = judge(place, dict.fromkeys(names, odd))
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert found


@pytest.mark.check("S18")
@hypothesis_settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_typed_into_any_form_is_refused_or_clean(places, data):
    place = data.draw(st.sampled_from(places))
    typed = {name: data.draw(ODD, label=name) for name in typed_names(place)}
    assert judge(place, typed) == []


@pytest.mark.check("S18")
def test_ten_megabytes_of_digits_are_refused_by_every_kind_of_field(places):
    fields = [field for place in places for field in place.make().fields.values() if is_typed(field)]
    for field in {type(field): field for field in fields if not is_password(field)}.values():
        with suppress(forms.ValidationError):
            field.clean("9" * 10_000_000)


@pytest.mark.check("S18")
@pytest.mark.parametrize("credential", ["9" * 5_000, "[" * 100_000, '{"id": "\\u0000", "rawId": "\\ud800"}'])
def test_answer_that_no_passkey_gives_is_refused_on_the_page(client, credential):
    """The only form of the accounts that reads more than words, and anybody may send it."""
    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert response.status_code in (200, 302)


@pytest.mark.check("S18")
def test_decomposed_letters_reach_the_database_composed(places):
    """One field at a time, where the desk stores text: of what is typed into all at once some is refused together."""
    reached = set()
    for place in places:
        for name in typed_names(place) if place.saves else ():
            with transaction.atomic():
                texts = stored(bound(place, {name: DECOMPOSED}))
                transaction.set_rollback(True)
            assert all(is_composed(text) for text in texts), (place.name, name)
            reached |= {place.name} if unicodedata.normalize("NFC", DECOMPOSED) in texts else set()
    assert reached == {place.name for place in places if place.saves} - WITHOUT_FREE_TEXT


def test_every_kind_of_form_is_found(places):
    """Otherwise the tests above would pass over whatever the search has missed."""
    names = " ".join(place.name for place in places)
    for part in ("ContactForm", "account_forms.Login", "waiting.RejectForm", "User change", "Municipality change",
                 "FundingProgramme change ProgrammeReference", "sheet_imports.UploadForm"):  # fmt: skip
        assert part in names
