"""The vocabularies and funding programmes that ship with the portal fit the models and each other."""

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import projects
from projects.models import FundingProgramme, ObstacleCategory, ProgrammeReference, TargetGroup, Topic

DATA = Path(projects.__file__).parent / "data"
VOCABULARIES = {"topics": Topic, "target_groups": TargetGroup, "obstacles": ObstacleCategory}
PROGRAMME_KEYS = {
    "slug",
    "name",
    "provider",
    "level",
    "description",
    "purposes",
    "eligible",
    "amounts",
    "permanence",
    "running",
    "running_note",
    "period",
    "editorial_note",
    "checked_on",
    "references",
    "topics",
    "is_open_to_municipalities",
    "eligible_kinds",
    "named_bodies",
    "counties",
    "smallest_population",
    "largest_population",
    "deadline_on",
    "deadline_note",
    "quota_percent",
    "minimum_amount",
    "maximum_amount",
}
PROGRAMME_SETS = ("topics", "named_bodies", "counties")


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


PROGRAMMES = read("funding_programmes.toml")["programmes"]
VOCABULARY = read("vocabulary.toml")


@pytest.mark.parametrize(("name", "model"), VOCABULARIES.items())
def test_terms_fit_their_model(name, model):
    for position, term in enumerate(VOCABULARY[name], start=1):
        model(**term, position=position).clean_fields()
        assert set(term) == {"slug", "label", "label_en", "description"}
    for key in ("slug", "label"):
        values = [term[key] for term in VOCABULARY[name]]
        assert len(values) == len(set(values))


def test_vocabularies_are_complete():
    assert {name: len(terms) for name, terms in VOCABULARY.items()} == {
        "topics": 15,
        "target_groups": 12,
        "obstacles": 12,
    }


@pytest.mark.parametrize("entry", PROGRAMMES, ids=lambda entry: entry["slug"])
def test_programme_fits_its_model(entry):
    assert set(entry) <= PROGRAMME_KEYS
    handled = ("purposes", "running", "references", *PROGRAMME_SETS)
    fields = {key: value for key, value in entry.items() if key not in handled}
    programme = FundingProgramme(**fields, purposes="\n".join(entry["purposes"]), is_running=entry.get("running"))
    programme.clean_fields(exclude=["sort_key"])
    assert programme.purpose_list == entry["purposes"]
    assert isinstance(entry["checked_on"], date)
    for number, reference in enumerate(entry["references"], start=1):
        ProgrammeReference(**reference).clean_fields(exclude=["programme"])
        assert set(reference) == {"number", "url", "publisher"}
        assert reference["number"] == number


def test_programmes_are_complete_and_named_once():
    slugs = [entry["slug"] for entry in PROGRAMMES]
    assert len(slugs) == len(set(slugs)) == 30
    assert all(entry["references"] and entry["running_note"] for entry in PROGRAMMES)


def test_texts_are_set_in_german_typography():
    for text in texts([PROGRAMMES, VOCABULARY]):
        assert text == text.strip()
        assert not {'"', "  ", " - ", "..."} & {text[i : i + n] for n in (1, 2, 3) for i in range(len(text))}
        assert text.count("„") == text.count("“")


def test_examples_use_terms_and_programmes_that_exist():
    known = {name: {term["slug"] for term in terms} for name, terms in VOCABULARY.items()}
    programmes = {entry["slug"] for entry in PROGRAMMES}
    examples = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((DATA / "examples").glob("*.toml"))]
    assert len(examples) == 39
    for example in examples:
        assert set(example["topics"]) <= known["topics"]
        assert set(example.get("target_groups", ())) <= known["target_groups"]
        assert {row["category"] for row in example.get("obstacles", ())} <= known["obstacles"]
        assert {row["programme"] for row in example.get("financing", ()) if "programme" in row} <= programmes
