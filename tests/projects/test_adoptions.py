"""Statements of who took over what: every verb with its letters, and what happens when the origin changes."""

from datetime import date

import pytest
from django.core import signing
from zeal import zeal_ignore

from projects import adoptions, facets, snapshot, workflow
from projects.models import Adoption, AdoptionState, Contact, Interest, Letter, Project, SearchEntry, Status
from tests.factories import make_municipality, make_project
from tests.projects.steps import make_member, project_in

pytestmark = pytest.mark.django_db

WORDS = {"copy_id": None, "since": date(2019, 1, 1), "since_precision": "year", "what": "Die Sprechstunde im Rathaus"}
WORDS |= {"changes": "Nur einmal im Monat", "experience": "Läuft gut"}


@pytest.fixture(autouse=True)
def _several_steps_in_one_test():
    with zeal_ignore():
        yield


@pytest.fixture
def origin() -> Project:
    project = project_in(Status.PUBLISHED, title="Sprechstunde")
    make_member("vorbild", project.lead)
    return project


@pytest.fixture
def adopter():
    municipality = make_municipality(name="Nachahmingen")
    return make_member("nachahmerin", municipality)


def body_of(person):
    return person.memberships.get().municipality


def stated(origin, adopter, **words) -> Adoption:
    return adoptions.state(origin, body_of(adopter), by=adopter, values={**WORDS, **words})


def released(origin, adopter, **words) -> Adoption:
    return adoptions.release(stated(origin, adopter, **words), by=None)


def letters(start: str) -> list[Letter]:
    return list(Letter.objects.filter(key__startswith=start).order_by("pk"))


def count_in_facets(project: Project) -> tuple[int, int]:
    index = facets.load()
    number = project.publication_number
    return number in index.bitmaps["adopted"].get("yes", ()), sum(
        int(value) for value, numbers in index.bitmaps.get("adoptions", {}).items() if number in numbers
    )


def test_statement_waits_until_it_is_released(origin, adopter):
    adoption = stated(origin, adopter)
    assert adoption.state == AdoptionState.PROPOSED
    assert Letter.objects.exclude(key__startswith="received").exclude(key__startswith="published").count() == 0
    assert facets.load().count("adopted", "yes") == 0
    adoption = adoptions.release(adoption, by=None)
    assert adoption.state == AdoptionState.PUBLISHED
    assert count_in_facets(origin) == (True, 1)
    assert SearchEntry.objects.get(project=origin).vector.count("nachahmingen")
    announced, told = letters("adoption-announced")[0], letters("adoption-released")[0]
    assert announced.to == "vorbild@example.org"
    assert "Nur einmal im Monat" in announced.body
    assert "http://testserver/nachahmung/" in announced.body
    assert told.to == "nachahmerin@example.org"


def test_same_words_sent_twice_are_one_and_others_are_refused(origin, adopter):
    assert stated(origin, adopter) == stated(origin, adopter)
    with pytest.raises(adoptions.Refused, match="steht hier schon"):
        stated(origin, adopter, what="Etwas anderes")
    assert Adoption.objects.count() == 1


def test_own_and_unpublished_projects_cannot_be_taken_over(origin, adopter):
    with pytest.raises(adoptions.Refused, match="eigenen Kommune"):
        adoptions.state(origin, origin.lead, by=adopter, values=WORDS)
    draft = make_project()
    with pytest.raises(adoptions.Refused, match="nicht mehr im Mosaik"):
        stated(draft, adopter)


def test_rejection_tells_the_reason_and_the_corrected_text_waits_again(origin, adopter):
    adoption = stated(origin, adopter)
    with pytest.raises(adoptions.Refused, match="Grund"):
        adoptions.reject(adoption, by=None, note=" ")
    adoption = adoptions.reject(adoption, by=None, note="Bitte ohne Namen.")
    assert (adoption.state, adoption.state_note) == (AdoptionState.REJECTED, "Bitte ohne Namen.")
    assert "Bitte ohne Namen." in letters("adoption-rejected")[0].body
    adoption = adoptions.change(adoption, by=adopter, values={**WORDS, "what": "Besser"})
    assert (adoption.state, adoption.state_note, adoption.what) == (AdoptionState.PROPOSED, "", "Besser")
    assert not letters("adoption-announced")


def test_change_of_a_public_statement_waits_beside_it(origin, adopter):
    adoption = released(origin, adopter)
    later = {**WORDS, "since": date(2020, 5, 1), "since_precision": "month", "experience": "Inzwischen zäh"}
    adoption = adoptions.change(adoption, by=adopter, values=later)
    assert (adoption.state, adoption.experience) == (AdoptionState.PUBLISHED, "Läuft gut")
    assert adoptions.proposal(adoption).experience == "Inzwischen zäh"
    assert list(Adoption.objects.waiting()) == [adoption]
    adoption = adoptions.release(adoption, by=None)
    assert (adoption.experience, adoption.since) == ("Inzwischen zäh", date(2020, 5, 1))
    assert adoption.proposed_change is None
    assert len(letters("adoption-announced")) == 1
    assert len(letters("adoption-released")) == 2


def test_rejected_change_leaves_the_public_text(origin, adopter):
    adoption = adoptions.change(released(origin, adopter), by=adopter, values={**WORDS, "what": "Werbung"})
    adoption = adoptions.reject(adoption, by=None, note="Das ist Werbung.")
    assert (adoption.state, adoption.what) == (AdoptionState.PUBLISHED, WORDS["what"])
    assert adoption.proposed_change is None
    assert "der bisherige Text bleibt stehen" in " ".join(letters("adoption-rejected")[0].body.split())


def test_change_back_to_the_public_text_waits_for_nothing(origin, adopter):
    adoption = adoptions.change(released(origin, adopter), by=adopter, values={**WORDS, "what": "Anders"})
    assert adoptions.change(adoption, by=adopter, values=WORDS).proposed_change is None


def test_decision_about_what_was_edited_meanwhile_is_refused(origin, adopter):
    adoption = stated(origin, adopter)
    seen = adoptions.token_of(adoption)
    adoptions.change(adoption, by=adopter, values={**WORDS, "what": "Anders"})
    for decide in (adoptions.release, lambda row, **more: adoptions.reject(row, note="x", **more)):
        with pytest.raises(adoptions.Refused, match="inzwischen geändert"):
            decide(adoption, by=None, seen=seen)
    assert Adoption.objects.get().state == AdoptionState.PROPOSED


def test_origin_declines_and_links_again(origin, adopter):
    adoption = adoptions.decline(released(origin, adopter), note="Das war unser Entwurf.")
    assert adoption.state == AdoptionState.DECLINED
    assert count_in_facets(origin) == (False, 0)
    letter = letters("adoption-declined")[0]
    assert letter.to == "nachahmerin@example.org"
    assert "Das war unser Entwurf." in letter.body
    with pytest.raises(adoptions.Refused):
        adoptions.change(adoption, by=adopter, values=WORDS)
    with pytest.raises(adoptions.Refused):
        adoptions.decline(adoption)
    adoption = adoptions.link_again(adoption)
    assert count_in_facets(origin) == (True, 1)
    with pytest.raises(adoptions.Refused):
        adoptions.link_again(adoption)


def test_link_is_read_only_while_it_is_one_of_ours_and_the_statement_was_public(origin, adopter):
    adoption = stated(origin, adopter)
    token = adoptions.link(adoption).split("/")[-2]
    assert adoptions.read(token) is None
    adoptions.release(adoption, by=None)
    assert adoptions.read(token) == adoption
    assert adoptions.read(token[:-1] + "x") is None
    assert adoptions.read(signing.dumps(adoption.pk, salt="projects.confirmation")) is None
    adoptions.withdraw(adoption)
    assert adoptions.read(token) is None
    assert count_in_facets(origin) == (False, 0)


def test_office_is_told_where_nobody_of_the_origin_has_an_account(adopter):
    office = Contact.objects.create(function="Büro", organisation="Stadt", email="buero@example.org")
    released(project_in(Status.PUBLISHED, contact=office), adopter)
    assert [letter.to for letter in letters("adoption-announced")] == ["buero@example.org"]
    released(project_in(Status.PUBLISHED), adopter)
    assert len(letters("adoption-announced")) == 1


def test_interest_is_counted_once_and_told_once(origin, adopter):
    body = body_of(adopter)
    for _twice in range(2):
        adoptions.show_interest(origin, body, by=adopter)
    adoptions.withdraw_interest(origin, body)
    adoptions.show_interest(origin, body, by=adopter)
    assert Interest.objects.count() == 1
    assert [letter.to for letter in letters("interest:")] == ["vorbild@example.org"]
    with pytest.raises(adoptions.Refused):
        adoptions.show_interest(origin, origin.lead, by=adopter)
    stated(origin, adopter)
    assert not Interest.objects.exists()


# --- projects that say where they come from ---


def copy_of(origin: Project, lead, **fields) -> Project:
    return project_in(
        Status.PUBLISHED,
        lead=lead,
        adopted_from=origin,
        started_on=date(2021, 3, 1),
        started_precision="month",
        **fields,
    )


def test_published_copy_counts_as_adoption_and_the_origin_is_told(origin, adopter):
    copy = copy_of(origin, body_of(adopter))
    adoption = Adoption.objects.get()
    assert (adoption.project, adoption.copy, adoption.state) == (origin, copy, AdoptionState.PUBLISHED)
    assert (adoption.since, adoption.since_precision) == (date(2021, 3, 1), "month")
    assert count_in_facets(origin) == (True, 1)
    assert len(letters("adoption-announced")) == 1
    with pytest.raises(adoptions.Refused, match="Übernommen von"):
        adoptions.withdraw(adoption)


def test_recording_a_copy_again_changes_nothing_and_a_declined_link_stays_declined(origin, adopter):
    copy = copy_of(origin, body_of(adopter))
    adoptions.decline(Adoption.objects.get())
    workflow.withdraw(copy, by=None, note="Pause")
    workflow.publish(copy, by=None)
    assert Adoption.objects.get().state == AdoptionState.DECLINED
    assert len(letters("adoption-announced")) == 1


def test_statement_of_before_gets_the_link_to_the_copy_and_goes_on_waiting(origin, adopter):
    stated(origin, adopter)
    copy = copy_of(origin, body_of(adopter))
    adoption = Adoption.objects.get()
    assert (adoption.copy, adoption.state, adoption.what) == (copy, AdoptionState.PROPOSED, WORDS["what"])


def test_copies_of_the_own_municipality_are_no_adoption(origin):
    copy_of(origin, origin.lead)
    assert not Adoption.objects.exists()


def test_copy_that_names_another_origin_in_its_next_version_counts_there(origin, adopter):
    copy, other = copy_of(origin, body_of(adopter)), project_in(Status.PUBLISHED)
    draft = workflow.open_copy(copy, by=None)
    Project.objects.filter(pk=draft.pk).update(adopted_from=other)
    workflow.publish(workflow.submit(draft, by=None), by=None)
    assert [adoption.project for adoption in Adoption.objects.all()] == [other]
    assert count_in_facets(origin) == (False, 0)
    assert count_in_facets(other) == (True, 1)


def test_adoptions_follow_a_duplicate_to_the_project_that_stays(origin, adopter):
    released(origin, adopter)
    other = project_in(Status.PUBLISHED)
    both = make_member("beide", make_municipality())
    released(origin, both)
    released(other, both, what="Alles")
    adoptions.show_interest(origin, make_municipality(), by=adopter)
    own = make_member("eigene", other.lead)
    released(origin, own)
    workflow.mark_duplicate(origin, of=other, by=None)
    kept = {(adoption.project, adoption.municipality, adoption.what) for adoption in Adoption.objects.all()}
    assert kept == {(other, body_of(adopter), WORDS["what"]), (other, body_of(both), "Alles")}
    assert Interest.objects.get().project == other
    assert count_in_facets(other) == (True, 2)
    assert not letters("adoption-gone")


# --- what those who took it over learn ---


def revise(project: Project, **changes) -> Project:
    draft = workflow.open_copy(project, by=None)
    Project.objects.filter(pk=draft.pk).update(**changes)
    draft.refresh_from_db()
    return workflow.publish(workflow.submit(draft, by=None), by=None)


def test_change_in_substance_is_told_once_a_version(origin, adopter):
    released(origin, adopter)
    revise(origin, approach="Jetzt zweimal in der Woche.", staff_note="Neu besetzt")
    (letter,) = letters("adoption-changed")
    assert letter.to == "nachahmerin@example.org"
    assert "- So funktioniert es" in letter.body
    revise(origin, approach="Jetzt täglich.")
    assert len(letters("adoption-changed")) == 2


def test_pictures_contact_and_dates_are_no_news(origin, adopter):
    released(origin, adopter)
    office = Contact.objects.create(function="Büro", organisation="Stadt", email="buero@example.org")
    revise(origin, contact=office, started_on=date(2015, 1, 1), started_precision="year", editorial_note="Neu")
    workflow.confirm(origin)
    assert not letters("adoption-changed")
    assert not letters("adoption-ended")


def test_statements_that_wait_or_were_declined_get_no_letter(origin, adopter):
    stated(origin, adopter)
    revise(origin, approach="Jetzt täglich.")
    adoptions.decline(adoptions.release(Adoption.objects.get(), by=None))
    revise(origin, approach="Jetzt nie.")
    assert not letters("adoption-changed")


def test_end_is_told_with_its_stage(origin, adopter):
    released(origin, adopter)
    revise(origin, stage="discontinued", approach="Es ist vorbei.")
    (letter,) = letters("adoption-ended")
    assert "eingestellt" in letter.body
    assert not letters("adoption-changed")


def test_withdrawal_is_told_with_its_public_reason_and_archiving_after_it_is_not(origin, adopter):
    released(origin, adopter)
    workflow.archive(origin, by=None)
    workflow.withdraw(origin, by=None, note="Auf Wunsch der Kommune.")
    (letter,) = letters("adoption-gone")
    assert "Auf Wunsch" not in letter.body
    workflow.publish(origin, by=None)
    workflow.withdraw(origin, by=None, note="Auf Wunsch der Kommune.")
    assert "Auf Wunsch der Kommune." in letters("adoption-gone")[1].body


def test_substance_is_everything_but_what_is_beside_the_point():
    assert snapshot.PART_OF.keys() >= adoptions.BESIDE_THE_POINT
    old = snapshot.to_data(make_project())
    new = {**old, "contact": {"id": 1, "name": "Büro"}, "started_on": "2015-01-01", "started_precision": "year"}
    assert adoptions.substance(old, new) == []
    assert [change.label for change in adoptions.substance(old, {**new, "goals": "Neu"})] == ["Ziele"]
