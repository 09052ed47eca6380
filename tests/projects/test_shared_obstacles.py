"""The register survives what happens to its cases: revisions, restored versions, imports, merged entries."""

from datetime import date

import pytest
from django.core.management import call_command
from zeal import zeal_ignore

from projects import facets, shared_obstacles, snapshot, workflow
from projects.insights import obstacles
from projects.management.commands.import_examples import DATA
from projects.models import Obstacle, SharedObstacle, Status
from tests.factories import make_project
from tests.projects.obstacles import make_category, make_entry, make_obstacle
from tests.projects.steps import bring, make_moderator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def original():
    """A published project with three obstacles; the first two are cases of two entries."""
    project = make_project()
    make_obstacle(project, text="Das Geld reicht ein Jahr.", position=1)
    make_obstacle(project, "law", text="Die Frist ist zu kurz.", position=2)
    make_obstacle(project, "law", text="Die Zuständigkeit ist unklar.", position=3)
    project = bring(project, Status.PUBLISHED, make_moderator())
    first, second, _third = project.obstacles.order_by("position")
    shared_obstacles.add_cases(make_entry("Geld"), [first.pk])
    shared_obstacles.add_cases(make_entry("Frist", "law"), [second.pk])
    return project


def entries_of(project) -> list[tuple[str, str]]:
    rows = project.obstacles.select_related("shared").order_by("position", "pk")
    return [(row.text, row.shared.title if row.shared else "") for row in rows]


def revised(project, change) -> None:
    """A working copy in which `change` was made, taken over."""
    copy = workflow.open_copy(project, by=None)
    change(copy)
    bring(copy, Status.MERGED)


def test_entry_is_no_content(original):
    data = snapshot.to_data(original)
    assert all("shared" not in row for row in data["obstacles"])
    before = original.versions.count()
    revised(original, lambda copy: None)
    assert original.versions.count() == before


def test_copy_begins_outside_the_register(original):
    copy = workflow.open_copy(original, by=None)
    assert not copy.obstacles.exclude(shared=None).exists()


def test_cases_stay_where_other_parts_change(original):
    revised(original, lambda copy: type(copy).objects.filter(pk=copy.pk).update(title="Neuer Titel"))
    original.refresh_from_db()
    assert original.title == "Neuer Titel"
    assert [entry for _text, entry in entries_of(original)] == ["Geld", "Frist", ""]


def test_cases_stay_where_a_text_is_reworded(original):
    revised(original, lambda copy: copy.obstacles.filter(position=1).update(text="Das Geld reicht nur zwölf Monate."))
    assert entries_of(original)[0] == ("Das Geld reicht nur zwölf Monate.", "Geld")


def test_cases_stay_where_rows_move_come_and_go(original):
    def change(copy):
        copy.obstacles.filter(position=1).delete()
        copy.obstacles.filter(position=3).update(position=1)
        Obstacle.objects.create(project=copy, category=make_category("room"), text="Kein Raum.", position=3)

    revised(original, change)
    assert entries_of(original) == [
        ("Die Zuständigkeit ist unklar.", ""),
        ("Die Frist ist zu kurz.", "Frist"),
        ("Kein Raum.", ""),
    ]


def test_same_text_wins_over_same_place(original):
    """Two obstacles of one category that changed places stay what they were."""

    def change(copy):
        copy.obstacles.filter(position=2).update(position=9)
        copy.obstacles.filter(position=3).update(position=2)
        copy.obstacles.filter(position=9).update(position=3)

    revised(original, change)
    assert entries_of(original)[1:] == [("Die Zuständigkeit ist unklar.", ""), ("Die Frist ist zu kurz.", "Frist")]


def test_another_category_is_another_obstacle(original):
    revised(original, lambda copy: copy.obstacles.filter(position=1).update(category=make_category("room"), text="Neu"))
    assert entries_of(original)[0] == ("Neu", "")


def test_restored_version_finds_its_entries_again(original):
    revised(original, lambda copy: copy.obstacles.filter(position=1).update(text="Anders."))
    workflow.restore_version(original, original.versions.get(number=1), by=None)
    assert entries_of(original)[:2] == [("Das Geld reicht ein Jahr.", "Geld"), ("Die Frist ist zu kurz.", "Frist")]


def test_only_published_and_free_obstacles_become_cases():
    entry, other = make_entry("Eins"), make_entry("Zwei")
    free, taken = make_obstacle(), make_obstacle(shared=other)
    hidden = make_obstacle(make_project(status=Status.SUBMITTED))
    before = facets.version()
    assert shared_obstacles.add_cases(entry, [free.pk, taken.pk, hidden.pk]) == 1
    assert list(entry.cases.all()) == [free]
    assert shared_obstacles.remove_cases(entry, [free.pk, taken.pk]) == 1
    assert list(other.cases.all()) == [taken]
    assert facets.version() > before


def test_merged_entries_keep_their_cases_and_addresses(client):
    stays, goes, gone = (make_entry(title) for title in ("Bleibt", "Geht", "War schon gegangen"))
    case = make_obstacle(shared=goes)
    make_obstacle(shared=gone)
    assert shared_obstacles.merge([gone], goes) == 1
    assert shared_obstacles.merge([goes, stays], stays) == 1
    assert stays.cases.count() == 2
    case.refresh_from_db()
    assert case.shared == stays
    assert set(SharedObstacle.objects.filter(merged_into=stays)) == {goes, gone}
    for entry in (goes, gone):
        response = client.get(entry.get_absolute_url())
        assert (response.status_code, response.url) == (301, stays.get_absolute_url())


def test_entry_does_not_merge_into_what_is_merged_itself():
    first, second = make_entry("Eins"), make_entry("Zwei")
    shared_obstacles.merge([first], second)
    with pytest.raises(SharedObstacle.DoesNotExist):
        shared_obstacles.merge([second], first)


def test_like_is_offered_before_unlike():
    entry = make_entry("Bewilligung kommt spät", text="Der Bescheid kommt erst im Herbst.")
    texts = (
        "Die Busse fahren selten.",
        "Der Zuwendungsbescheid kommt, wenn das Jahr fast vorbei ist.",
        "Bescheide über die Förderung kommen spät, oft erst im Herbst.",
    )
    for text in texts:
        make_obstacle(text=text)
    offered = shared_obstacles.alike(entry, obstacles.cases().filter(shared=None))
    assert offered[0].text == texts[2]
    assert {"bescheid", "herbst"} <= set(offered[0].shared_words)
    assert offered[-1].text == texts[0]
    assert offered[-1].shared_words == []


def test_changed_example_keeps_its_cases(examples, tmp_path):
    """An upgrade that brings new texts of the examples does not undo the moderators' work."""
    case = Obstacle.objects.filter(project__import_key="anonymer-krankenschein").order_by("position").first()
    entry = make_entry("Angst vor der Behörde", "data_protection_trust", state_since=date(2026, 1, 1))
    shared_obstacles.add_cases(entry, [case.pk])
    source = tmp_path / "data"
    (source / "examples").mkdir(parents=True)
    for path in DATA.glob("*.toml"):
        (source / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    changed = (DATA / "examples" / "anonymer-krankenschein.toml").read_text(encoding="utf-8")
    changed = changed.replace('title = "Anonymer Krankenschein: ', 'title = "Der anonyme Krankenschein: ')
    (source / "examples" / "anonymer-krankenschein.toml").write_text(changed, encoding="utf-8")
    call_command("import_examples", data=source, verbosity=0)
    assert not Obstacle.objects.filter(pk=case.pk).exists()
    assert entry.cases.get().text == case.text
