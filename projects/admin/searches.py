"""Searches that found nothing, at the desk: to look at, and to take out what should not stand on a public page."""

from django.contrib import admin

from projects.models import FruitlessSearch

from .rights import DeskAdmin


@admin.register(FruitlessSearch)
class FruitlessSearchAdmin(DeskAdmin):
    """Readers write these lines without knowing; what is an insult or a name, moderators delete."""

    moderators_edit = True
    can_add = can_change = False
    list_display = ["words", "day", "times"]
    list_filter = ["day"]
    ordering = ["-day", "-times", "words"]
    search_fields = ["words"]
