"""The hints beside a project: what they find, and what they leave alone."""

import pytest
from zeal import zeal_ignore

from projects.admin.hints import hints
from projects.models import Financing, Picture, Project, Provenance, Reference
from tests.factories import make_funding_source, make_project

pytestmark = pytest.mark.django_db


def texts(project: Project) -> str:
    with zeal_ignore():
        project = Project.objects.get(pk=project.pk)
        return "\n".join(f"{hint.where}: {hint.text}" for hint in hints(project))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fragen an anna.muster@example.org.", "„anna.muster@example.org“"),
        ("Rufen Sie an: 0511 123-4567.", "„0511 123-4567“"),
        ("Rufen Sie an: +49 (511) 1234567", "„+49 (511) 1234567“"),
        ("Frau Dr. Muster öffnet.", "„Frau Dr. Muster“"),
        ("Mit Herrn Ali Beispiel begann es.", "„Herrn Ali Beispiel“"),
    ],
)
def test_personal_data_is_asked_about(text, found):
    assert found in texts(make_project(approach=text))


@pytest.mark.parametrize(
    "text",
    [
        "Vom 01.02.2015 bis 31.12.2018 kamen 1.400.000 Euro zusammen, davon 0,5 Prozent Zinsen.",
        "Frau und Mann, Herr der Lage: niemand ist gemeint.",
        "Siehe Paragraf 0815 und Aktenzeichen 12/2015.",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert texts(make_project(approach=text)) == ""


def test_pictures_that_say_nothing():
    project = make_project()
    for number, alt in enumerate(
        ("IMG_2041.jpg", "Foto", "Kinder", "Kinder lesen im Keller.", "Kinder lesen im Keller.")
    ):
        Picture.objects.bulk_create(
            [
                Picture(
                    project=project,
                    file=f"{number}.webp",
                    width=9,
                    height=9,
                    alt=alt,
                    credit="x",
                    rights_confirmed=True,
                )
            ]
        )
    said = texts(project)
    assert said.count("sagt nicht, was zu sehen ist") == 2
    assert said.count("sehr kurz") == 1
    assert said.count("dieselbe Beschreibung") == 2


def money(project: Project, amount, **fields) -> None:
    Financing.objects.create(project=project, source=make_funding_source(), level="state", amount=amount, **fields)


def test_sums_that_do_not_add_up():
    project = make_project(cost_yearly=40_000)
    money(project, 12_000, is_per_year=True)
    assert "ergeben im Jahr 12.000\xa0€, die Kosten sind mit 40.000\xa0€ angegeben" in texts(project)
    money(project, 28_000, is_per_year=True)
    assert texts(project) == ""
    money(project, 5_000, is_requested=True)
    assert "nur beantragt" in texts(project)
    money(project, None)
    assert "ergeben" not in texts(project)


def test_one_off_sums_and_no_funding():
    project = make_project(cost_one_off=1000, has_no_funding=True)
    money(project, 300)
    assert "ergeben einmalig 300\xa0€" in texts(project)
    assert "„Kommt ohne Geld aus“" in texts(project)


def test_cause_of_an_end_that_is_none():
    found = "Grund für das Ende: Ein Grund für das Ende ist gewählt, der Projektstand ist aber „laufend“."
    assert texts(make_project(end_cause="no_staff")) == found
    assert texts(make_project(end_cause="no_staff", stage="discontinued")) == ""


def test_compiled_text_needs_sources():
    text = "Erster Absatz. [1]\n\nZweiter Absatz ohne Beleg.\n\nDritter. [7]"
    project = make_project(approach=text, provenance=Provenance.COMPILED)
    Reference.objects.create(project=project, number=1, publisher="Stadt")
    said = texts(project)
    assert "Absatz ohne Quelle: „Zweiter Absatz ohne Beleg.“" in said
    assert "nicht in der Liste steht: 7." in said
    assert "Erster" not in said
    Project.objects.filter(pk=project.pk).update(provenance=Provenance.MUNICIPALITY)
    assert "Absatz ohne Quelle" not in texts(project)
