"""Labels of choices without the price that Django has for them."""

from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.encoding import force_str


@lru_cache(maxsize=256)
def _labels(field: models.Field) -> dict[Any, Any]:
    return dict(field.flatchoices)


class Labelled(models.Model):
    """`get_…_display` that looks the label up. Django's own hashes, and so translates, every label of the list first:
    0.2 ms each time, a third of an evaluation page.
    """

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field: models.Field) -> Any:  # noqa: N802 - Django's name
        value = getattr(self, field.attname)
        return force_str(_labels(field).get(value, value), strings_only=True)
