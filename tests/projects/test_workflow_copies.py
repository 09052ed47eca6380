"""Working copies, earlier versions, duplicates: what the public sees, and when."""

import pytest
from django.test import Client
from zeal import zeal_ignore

from projects import facets, search, snapshot, workflow
from projects.models import Approval, Financing, Letter, Picture, Project, Provenance, Status
from tests.factories import make_funding_source, make_project, make_topic
from tests.projects.steps import at_once, bring, copy_in, make_full, make_moderator, make_person, project_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def moderator():
    return make_moderator()


# pictures have no file here: only the row matters
def make_picture(project: Project, name: str = "projekte/a.webp") -> Picture:
    rows = [Picture(project=project, file=name, width=3, height=2, alt="Haus", credit="Amt", rights_confirmed=True)]
    return Picture.objects.bulk_create(rows)[0]


def page(project: Project):
    return Client().get(f"/projekte/{project.pk}/", follow=True)


def edit(copy: Project, **fields) -> Project:
    for name, value in fields.items():
        setattr(copy, name, value)
    copy.save()
    return copy


def test_copy_begins_with_the_whole_content(moderator):
    original = make_full()
    make_picture(original)
    original = bring(original, Status.PUBLISHED, moderator)
    copy = workflow.open_copy(original, by=moderator)
    assert snapshot.to_data(copy) == snapshot.to_data(original)
    assert (copy.status, copy.revises, copy.created_by) == (Status.DRAFT, original, moderator)
    assert (copy.publication_number, copy.published_at, copy.submission_key, copy.import_key) == (None,) * 4


@pytest.mark.check("R04")
def test_public_text_stays_until_the_copy_is_approved(moderator):
    original = project_in(Status.PUBLISHED, moderator, title="Alter Titel")
    copy = edit(workflow.open_copy(original, by=moderator), title="Neuer Titel", approach="Ein Zirkuszelt.")
    copy.topics.set([make_topic("language")])
    for function, note in ((workflow.submit, ""), (workflow.send_back, "Bitte ergänzen."), (workflow.submit, "")):
        function(copy, by=moderator, note=note)
        assert "Alter Titel" in page(original).content.decode()
        assert "Neuer Titel" not in page(original).content.decode()
        assert page(copy).status_code == 404
        assert not search.find("Zirkuszelt", facets.version()).numbers
    workflow.publish(copy, by=moderator)
    assert "Neuer Titel" in page(original).content.decode()
    assert list(search.find("Zirkuszelt", facets.version()).numbers) == [original.publication_number]
    assert original.publication_number in facets.load().bitmaps["topic"]["language"]
    assert page(copy).status_code == 404


def test_taking_over_keeps_what_readers_know_the_project_by(moderator):
    original = bring(make_full(import_key="stadthagen"), Status.PUBLISHED, moderator)
    number, day = original.publication_number, original.published_at
    copy = workflow.open_copy(original, by=moderator)
    Financing.objects.create(
        project=copy, position=2, source=make_funding_source("Spenden", "donations"), level="donations"
    )
    copy.key_figures.all().delete()
    workflow.submit(copy, by=moderator)
    published = workflow.publish(copy, by=moderator)
    original.refresh_from_db()
    copy.refresh_from_db()
    assert published.pk == original.pk
    assert (original.publication_number, original.published_at, original.import_key) == (number, day, "stadthagen")
    assert (original.status, copy.status) == (Status.PUBLISHED, Status.MERGED)
    assert original.financings.count() == 2
    assert not original.key_figures.exists()
    assert [version.number for version in original.versions.all()] == [2, 1]
    assert original.versions.first().data == snapshot.to_data(original)
    assert workflow.open_copy(original, by=moderator).pk != copy.pk


def test_rows_that_did_not_change_stay_the_same_rows(moderator):
    draft = make_full()
    picture = make_picture(draft)
    original = bring(draft, Status.PUBLISHED, moderator)
    copy = edit(workflow.open_copy(original, by=moderator), title="Anders")
    bring(copy, Status.MERGED, moderator)
    assert original.pictures.get().pk == picture.pk


def test_experiences_of_others_are_not_touched(moderator):
    original = project_in(Status.PUBLISHED, moderator)
    copy = workflow.open_copy(original, by=moderator)
    original.adoptions.create(municipality=make_project().lead)
    bring(copy, Status.MERGED, moderator)
    assert original.adoptions.count() == 1


def test_there_is_one_open_copy_at_a_time(moderator):
    original = project_in(Status.PUBLISHED, moderator)
    copy = workflow.open_copy(original, by=moderator)
    assert workflow.open_copy(original, by=make_person("kollegin")).pk == copy.pk
    workflow.submit(copy, by=moderator)
    assert workflow.open_copy(original, by=moderator).pk == copy.pk


@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_a_copy_at_once_get_the_same(moderator):
    original = project_in(Status.PUBLISHED, moderator)
    results = at_once(8, lambda: workflow.open_copy(original, by=moderator).pk)
    assert len(set(results)) == 1
    assert original.working_copies.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_moderators_who_publish_at_once_publish_once(moderator):
    copy = copy_in(Status.SUBMITTED, moderator)
    results = at_once(6, lambda: workflow.publish(copy, by=moderator))
    assert sum(isinstance(result, Project) for result in results) == 1
    assert sum(isinstance(result, workflow.TransitionError) for result in results) == 5
    assert Letter.objects.filter(key__startswith="copy_approved").count() == 1


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.ARCHIVED, Status.WITHDRAWN])
def test_only_published_projects_are_revised(status, moderator):
    with pytest.raises(workflow.WorkflowError, match="nur veröffentlichte"):
        workflow.open_copy(project_in(status, moderator), by=moderator)


def test_copy_of_a_copy_is_refused(moderator):
    with pytest.raises(workflow.WorkflowError, match="nur veröffentlichte"):
        workflow.open_copy(copy_in(Status.DRAFT, moderator), by=moderator)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED])
def test_copy_of_what_left_the_mosaic_is_not_taken_over(status, moderator):
    copy = copy_in(status, moderator)
    workflow.archive(copy.revises, by=moderator)
    with pytest.raises(workflow.WorkflowError, match="nicht mehr veröffentlicht"):
        (workflow.submit if status == Status.DRAFT else workflow.publish)(copy, by=moderator)
    copy.refresh_from_db()
    assert copy.status == status


def test_compiled_project_belongs_to_the_municipality_after_its_revision(moderator):
    original = project_in(Status.PUBLISHED, moderator, provenance=Provenance.COMPILED)
    copy = workflow.open_copy(original, by=moderator)
    edit(copy, provenance=Provenance.MUNICIPALITY)
    bring(copy, Status.MERGED, moderator)
    original.refresh_from_db()
    assert original.provenance == Provenance.MUNICIPALITY
    assert original.confirmed_on is not None


def test_failed_takeover_changes_nothing(moderator, monkeypatch):
    copy = edit(copy_in(Status.DRAFT, moderator), title="Neuer Titel")
    workflow.submit(copy, by=moderator)
    before = snapshot.to_data(copy.revises)

    def full_disk(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(workflow.facets, "index_project", full_disk)
    with pytest.raises(OSError, match="disk full"):
        workflow.publish(copy, by=moderator)
    copy.refresh_from_db()
    assert copy.status == Status.SUBMITTED
    assert snapshot.to_data(Project.objects.get(pk=copy.revises_id)) == before


# --- earlier versions -------------------------------------------------------------------------------------------------


def test_earlier_version_comes_back_as_a_new_one(moderator):
    original = bring(make_full(title="Erste Fassung"), Status.PUBLISHED, moderator)
    first = original.versions.get()
    copy = edit(workflow.open_copy(original, by=moderator), title="Zweite Fassung")
    copy.financings.all().delete()
    bring(copy, Status.MERGED, moderator)
    restored = workflow.restore_version(original, first, by=moderator, note="Versehen")
    assert restored.title == "Erste Fassung"
    assert restored.financings.get().amount == first.project.financings.get().amount
    assert [version.number for version in restored.versions.all()] == [3, 2, 1]
    assert restored.versions.first().data == first.data
    assert "Erste Fassung" in page(original).content.decode()
    assert "Fassung 1 wiederhergestellt. Versehen" in restored.status_changes.last().note


def test_version_of_another_project_is_refused(moderator):
    one, other = project_in(Status.PUBLISHED, moderator), project_in(Status.PUBLISHED, moderator)
    with pytest.raises(workflow.WorkflowError):
        workflow.restore_version(one, other.versions.get(), by=moderator)


def test_version_that_needs_what_is_gone_is_refused_by_name(moderator):
    original = bring(make_full(), Status.PUBLISHED, moderator)
    first = original.versions.get()
    source = original.financings.get().source
    original.financings.all().delete()
    source.delete()
    with pytest.raises(workflow.WorkflowError, match="Fördermittelgeber: Land Niedersachsen"):
        workflow.restore_version(original, first, by=moderator)


# --- duplicates -------------------------------------------------------------------------------------------------------


def test_address_of_a_duplicate_leads_to_the_other_for_ever(moderator):
    first, second, third = (project_in(Status.PUBLISHED, moderator) for _ in range(3))
    workflow.mark_duplicate(first, of=second, by=moderator)
    workflow.mark_duplicate(second, of=third, by=moderator)
    for project in (first, second):
        response = Client().get(project.get_absolute_url())
        assert (response.status_code, response.url) == (301, third.get_absolute_url())
    assert first.publication_number not in facets.load().everything


def test_duplicate_of_itself_or_of_something_hidden_is_refused(moderator):
    project, draft = project_in(Status.PUBLISHED, moderator), make_project()
    for of in (project, draft):
        with pytest.raises(workflow.WorkflowError):
            workflow.mark_duplicate(project, of=of, by=moderator)
    with pytest.raises(workflow.TransitionError):
        workflow.mark_duplicate(draft, of=project, by=moderator)


def test_duplicate_that_was_none_is_published_again(moderator):
    first, second = (project_in(Status.PUBLISHED, moderator) for _ in range(2))
    workflow.publish(workflow.mark_duplicate(first, of=second, by=moderator), by=moderator)
    assert page(first).status_code == 200


def test_approvals_of_a_copy_become_those_of_its_project(moderator):
    copy = copy_in(Status.SUBMITTED, moderator)
    Approval.objects.create(project=copy.revises, host="nlt", by=moderator, dissent="Alt", is_dissent_public=True)
    workflow.approve(copy, by=moderator, dissent="Neu", is_dissent_public=True)
    text = page(copy.revises).content.decode()
    assert "Neu" in text
    assert "Niedersächsischer Städtetag" in text
    assert copy.revises.approvals.get().dissent == "Neu"
