"""Passwords that are guessed first at this portal, and those that only look like them."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password", ["Integrationsmosaik2026!", "mosaik-niedersachsen", "Fluechtlingsrat#12345", "2026FLÜCHTLINGSRAT2026"]
)
def test_words_of_the_portal_are_no_password(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert refused.value.error_list[0].code == "password_of_portal_words"


@pytest.mark.parametrize("password", ["Mosaik Kaffee Leiter Mond", "admin8f3k2m9q", "%&/()=?+*#-_x", "Zug-Ofen-Rabe-1"])
def test_other_words_beside_them_are_enough(password):
    validate_password(password)
