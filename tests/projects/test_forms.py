"""Text is cleaned the same way in every form of the portal, and forms are announced in German."""

import unicodedata

import pytest
from django import forms
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from municipalities.clean_fields import (
    LineField,
    MailField,
    ParagraphsField,
    clean_line,
    clean_text,
    has_control_characters,
)
from projects.forms import CleanForm, TrapField

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ODD = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("\0\r\n\t\x85\u2028\u200b\ufeffäA\u0308\ufb2c" + BIDI))
)


class Example(CleanForm, forms.Form):
    line = LineField(label="Titel", max_length=20)
    paragraphs = ParagraphsField(label="Text", max_length=40, required=False, help_text="Kurz.")
    mail = MailField(label="E-Mail-Adresse", required=False)
    kind = forms.ChoiceField(label="Art", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, required=False)
    agreed = forms.BooleanField(label="Stimmt", required=False)
    trap = TrapField()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Sögel  ", "Sögel"),
        ("So\u0308gel", "Sögel"),
        ("Sprach\ncafé\t im   Rathaus", "Sprach café im Rathaus"),
        ("\ufeffMosaik\u200b", "Mosaik"),
        ("سلام\u200f!", "سلام\u200f!"),
    ],
)
def test_line_is_cleaned(typed, stored):
    assert clean_line(typed) == stored


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_line_ends_are_normalised(line_end):
    assert clean_text(f"eins{line_end}zwei{line_end}") == "eins\nzwei"


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x9f", "\ud800", *BIDI])
@pytest.mark.parametrize("field", ["line", "paragraphs", "mail"])
def test_control_characters_are_refused_in_german(field, character):
    form = Example({"line": "Titel", field: f"a{character}b@example.org"})
    assert form.errors[field] == [
        "Hier stehen unsichtbare Steuerzeichen, die wir nicht speichern können. Bitte tippen Sie den Text neu."
    ]


def test_line_end_of_a_browser_counts_once():
    assert "paragraphs" not in Example({"line": "Titel", "paragraphs": "\r\n".join("x" * 20)}).errors


def test_text_that_is_too_long_is_counted_and_kept():
    form = Example({"line": "x" * 100_000})
    assert form.errors["line"] == ["Bitte kürzen Sie auf höchstens 20 Zeichen. Jetzt sind es 100000."]
    assert "x" * 100_000 in str(form)


def test_text_that_normalisation_lengthens_is_measured_afterwards():
    assert "line" in Example({"line": "\ufb2c" * 20}).errors


def test_mail_address_is_explained():
    assert "name@example.org" in Example({"line": "Titel", "mail": "name at example"}).errors["mail"][0]


def test_field_that_does_not_clean_is_a_mistake_of_the_programmer():
    class Careless(CleanForm, forms.Form):
        title = forms.CharField()

    with pytest.raises(TypeError, match=r"Careless\.title"):
        Careless()


def test_fields_are_labelled_described_and_marked_as_optional():
    html = " ".join(str(Example({"paragraphs": "x" * 41})).split())
    assert '<label for="id_line">Titel</label>' in html
    assert '<label for="id_paragraphs">Text <span class="field__optional">(freiwillig)</span></label>' in html
    assert 'aria-describedby="id_paragraphs_helptext id_paragraphs_error"' in html
    assert '<p class="field__help" id="id_paragraphs_helptext">Kurz.</p>' in html
    assert 'id="id_line_error"' in html
    assert "<legend>Art" in html
    assert "maxlength" not in html
    assert " required" not in html


def test_trap_is_hidden_and_forgets_what_was_typed():
    html = " ".join(str(Example({"line": "Titel", "trap": "https://spam.example"})).split())
    assert '<div hidden><label for="id_trap">' in html
    assert "spam" not in html


@pytest.mark.check("S18")
@hypothesis_settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=ODD, paragraphs=ODD, mail=ODD)
@example(line="So\u0308gel", paragraphs="So\u0308gel\n\ufb2c", mail="so\u0308gel@example.org")  # hardly ever generated
def test_whatever_is_typed_is_refused_or_can_be_stored(line, paragraphs, mail):
    form = Example({"line": line, "paragraphs": paragraphs, "mail": mail})
    form.is_valid()
    for name in ("line", "paragraphs", "mail"):
        text = form.cleaned_data.get(name, "")
        assert unicodedata.is_normalized("NFC", text)
        assert not has_control_characters(text)
        assert text == text.strip()
        text.encode()
    assert "\n" not in form.cleaned_data.get("line", "")
