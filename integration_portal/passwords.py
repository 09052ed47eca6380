"""Words that whoever tries passwords here would try first; a password needs more than them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

WORDS = (
    *("integrationsmosaik", "integration", "mosaik", "niedersachsen", "lowersaxony", "portal", "projekt"),
    *("flüchtlingsrat", "städtetag", "landkreistag", "gemeindebund", "samtgemeinde", "gemeinde", "landkreis"),
    *("kommune", "rathaus", "behörde", "redaktion", "moderation", "administration", "administrator", "admin"),
    *("willkommen", "passwort", "kennwort", "password", "geheim", "sommer", "winter", "frühling", "herbst"),
)
LEAST_LEFT = 6  # signs from the first letter to the last that must be there beside the words
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def _spelt_out(text: str) -> str:
    return text.casefold().translate(_SPELT_OUT)


_LONGEST_FIRST = sorted(map(_spelt_out, WORDS), key=len, reverse=True)


class PortalWordsValidator:
    """Refuses passwords that are words of this portal with digits or signs before or after them."""

    def validate(self, password: str, user: object = None) -> None:
        left = _spelt_out(password)
        for word in _LONGEST_FIRST:
            left = left.replace(word, " ")
        begin = next((place for place, sign in enumerate(left) if sign.isalpha()), len(left))
        end = next((place for place, sign in enumerate(reversed(left)) if sign.isalpha()), len(left))
        if len(left) - begin - end < LEAST_LEFT and len(left) < len(_spelt_out(password)):
            raise ValidationError(self.get_help_text(), code="password_of_portal_words")

    def get_help_text(self) -> str:
        return gettext("Das Passwort darf nicht vor allem aus Wörtern bestehen, die zu diesem Portal gehören.")
