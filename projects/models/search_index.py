"""What search.py keeps: the collection's vocabulary and one text vector a published project."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from .project import Project


class SearchWord(models.Model):
    """A folded word of the published collection with its stem; queries grow along this table.

    Names of municipalities stand here even where no project has them, so that no other word is taken for them.
    """

    word = models.CharField(max_length=100, unique=True, db_collation="C")
    stem = models.CharField(max_length=100, db_collation="C", db_index=True)
    spelling = models.CharField(max_length=200)
    projects = models.IntegerField(default=0)
    is_place = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("Wort der Suche")
        verbose_name_plural = _("Wörter der Suche")
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="search_word_trigram")]

    def __str__(self) -> str:
        return self.spelling


class SearchEntry(models.Model):
    """The words of one published project with their weights (A title … D story)."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="search_entry")
    number = models.PositiveIntegerField(unique=True)
    vector = SearchVectorField()

    class Meta:
        verbose_name = _("Sucheintrag")
        verbose_name_plural = _("Sucheinträge")
        indexes = [GinIndex(fields=["vector"], name="search_entry_vector")]

    def __str__(self) -> str:
        return str(self.number)
