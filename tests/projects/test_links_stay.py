"""Old links: what was renamed, merged or dissolved is still found under its old address, in filters, API and feeds."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Kind, User
from projects import adoptions, facets, workflow
from projects.models import Adoption, Enquiry, FundingProgramme, ObstacleCategory, Project, Status, TargetGroup, Topic
from tests.factories import make_county, make_municipality, make_project, make_topic
from tests.projects.desk import administrator_client, decide, moderator_client, text_of
from tests.projects.obstacles import make_category, make_obstacle
from tests.projects.steps import make_member, make_moderator, project_in
from tests.projects.submitting import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]


@pytest.fixture(autouse=True)
def _several_requests(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def answer(path: str, client: Client | None = None) -> tuple[int, str]:
    response = (client or Client()).get(path)
    return response.status_code, response.headers.get("Location", "")


def found(query: str) -> list[int]:
    """Which projects the API gives for this query string."""
    response = Client().get(reverse("projects:api_projects") + query)
    assert response.status_code == 200, response.content
    return [project["id"] for project in response.json()["projects"]]


# --- a title that changed ---------------------------------------------------------------------------------------------


def addresses_with_a_slug(project: Project) -> list[str]:
    names = ("detail", "council_paper", "adopt", "state_adoption")
    return [reverse(f"projects:{name}", args=[project.pk, "alter-titel"]) for name in names]


def test_every_address_with_an_old_slug_leads_to_the_new_one_with_its_query():
    project = project_in(Status.PUBLISHED, title="Neuer Titel")
    reader = client_of(make_member("amt", make_municipality()))
    enquiry = Enquiry.objects.create(
        municipality=project.lead, title="Wer hat Rat?", text="Wir suchen.", state="published",
        published_at=timezone.now(), expires_on=date(2099, 1, 1), created_by=make_moderator(),
    )  # fmt: skip
    old = [*addresses_with_a_slug(project), reverse("projects:enquiry", args=[enquiry.pk, "alt"])]
    old += [reverse("projects:municipality", args=[project.lead.key, "alt"])]
    for path in old:
        status, location = answer(f"{path}?von=brief", reader)
        assert (status, location.endswith("?von=brief")) == (301, True), path
        assert answer(location, reader)[0] == 200, location


def test_browser_asks_again_after_an_hour_so_that_renaming_back_makes_no_circle():
    project = project_in(Status.PUBLISHED)
    response = Client().get(reverse("projects:detail", args=[project.pk, "alt"]))
    assert response.headers["Cache-Control"] == "max-age=3600"


# --- projects that were merged ----------------------------------------------------------------------------------------


@pytest.fixture
def merged() -> tuple[Project, Project]:
    """A project that went into the other one."""
    by = make_moderator()
    gone, kept = project_in(Status.PUBLISHED, by, title="Doppelt"), project_in(Status.PUBLISHED, by, title="Bleibt")
    return workflow.mark_duplicate(gone, of=kept, by=by), kept


def test_every_address_of_a_merged_project_leads_to_the_kept_one(merged):
    gone, kept = merged
    reader = client_of(make_member("amt", make_municipality()))
    for name in ("detail", "council_paper", "easy_project", "adopt", "state_adoption"):
        old = reverse(f"projects:{name}", args=[gone.pk, gone.slug])
        assert answer(old, reader) == (301, reverse(f"projects:{name}", args=[kept.pk, kept.slug])), name
    for name in ("detail_without_slug", "share_picture", "api_project"):
        status, location = answer(reverse(f"projects:{name}", args=[gone.pk]))
        assert (status, str(kept.pk) in location) == (301, True), name
        assert answer(location)[0] == 200
    for name in ("contact", "council_paper"):  # nothing is led to what nobody may see
        workflow.archive(kept, by=None) if Project.objects.published().filter(pk=kept.pk).exists() else None
        assert answer(reverse(f"projects:{name}", args=[gone.pk, gone.slug]))[0] == 404
    assert answer(reverse("projects:api_project", args=[gone.pk]))[0] == 404
    assert answer(reverse("projects:api_project", args=[2**63 - 1]))[0] == 404


def test_merkliste_and_comparison_of_before_show_the_kept_project_once(merged):
    gone, kept = merged
    draft = make_project()
    for name in ("kept", "compare"):
        page = text_of(Client().get(reverse(f"projects:{name}") + f"?id={gone.pk}&id={kept.pk}&id={draft.pk}"))
        assert kept.title in page
        assert gone.title not in page
        assert f"weggelassen: Nr. {draft.pk}." in page
    lines = Client().get(reverse("projects:kept_csv") + f"?id={gone.pk}").getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert kept.title in lines[1]


def test_nothing_public_lists_a_merged_project(merged):
    gone, kept = merged
    for path in ("/projekte/", "/projekte/feed.atom", "/sitemap-projekte-1.xml", "/api/v1/projekte/"):
        response = Client().get(path)
        text = response.getvalue().decode()
        assert kept.get_absolute_url() in text, path
        assert gone.slug not in text, path


def test_what_was_taken_over_from_a_merged_project_points_to_the_kept_one():
    by = make_moderator()
    gone, kept, copy = (project_in(Status.PUBLISHED, by) for _ in range(3))
    Adoption.objects.create(project=gone, municipality=copy.lead, copy=copy, what="Alles", state="published")
    Project.objects.filter(pk=copy.pk).update(adopted_from=gone)
    adoptions.show_interest(gone, make_municipality(), by=by)
    workflow.mark_duplicate(gone, of=kept, by=by)
    record = Client().get(reverse("projects:api_project", args=[copy.pk])).json()
    assert record["adopted_from"] == kept.pk
    assert (kept.adoptions.count(), kept.interests.count(), gone.adoptions.count()) == (1, 1, 0)
    assert copy.title in text_of(Client().get(kept.get_absolute_url()))


def test_desk_merges_also_what_was_archived_and_both_logs_say_so():
    by = make_moderator("erste")
    gone, kept = project_in(Status.PUBLISHED, by, title="Doppelt"), project_in(Status.PUBLISHED, by, title="Bleibt")
    gone, client = workflow.archive(gone, by=by), moderator_client()
    assert answer(gone.get_absolute_url())[0] == 410
    assert decide(client, gone, "mark_duplicate", of=str(kept.pk), note="Zweimal eingereicht.").status_code == 302
    assert answer(gone.get_absolute_url()) == (301, kept.get_absolute_url())
    notes = {change.project_id: change.note for change in gone.status_changes.model.objects.order_by("pk")}
    assert notes[gone.pk] == f"Zusammengelegt mit Projekt {kept.pk}: Bleibt. Zweimal eingereicht."
    assert notes[kept.pk] == f"Aufgenommen: Projekt {gone.pk}: Doppelt"
    stranger = client_of(make_member("amt", make_municipality()))
    decide(stranger, kept, "mark_duplicate", of=str(gone.pk))
    kept.refresh_from_db()
    assert kept.status == Status.PUBLISHED


# --- short names ------------------------------------------------------------------------------------------------------


def rename(term, slug: str, **sent):
    """The administrator's form, as it is with another short name."""
    names = [field.name for field in term._meta.fields if field.editable and not field.primary_key]
    values = {name: value for name in names if (value := getattr(term, name, None)) not in (None, [])}
    address = reverse(f"admin:projects_{term._meta.model_name}_change", args=[term.pk])
    inline = {"references-TOTAL_FORMS": "0", "references-INITIAL_FORMS": "0"}
    return administrator_client(f"admin-{User.objects.count()}@example.org").post(
        address, {**values, "slug": slug, **inline, **sent}
    )


def test_filters_feeds_and_api_understand_a_former_short_name():
    garden = make_topic("gardens", "Gärten")
    families = TargetGroup.objects.create(slug="families", label="Familien", label_en="families")
    project = project_in(Status.PUBLISHED, topics=[garden], target_groups=[families])
    make_obstacle(project, "money")
    project_in(Status.PUBLISHED)
    facets.index_all()
    queries = ("?topic=gardens", "?target_group=families", "?obstacle=money", "?topic=gardens&topic=sport")
    make_topic("sport")
    before = [found(query) for query in queries]
    assert before == [[project.pk]] * 4
    assert rename(garden, "allotments").status_code == 302
    assert rename(garden, "urban-gardens").status_code == 302
    assert rename(families, "parents").status_code == 302
    assert rename(ObstacleCategory.objects.get(slug="money"), "funds").status_code == 302
    assert [found(query) for query in queries] == before
    assert found("?topic=allotments") == found("?topic=urban-gardens&topic=gardens") == [project.pk]
    assert project.title in text_of(Client().get("/projekte/?topic=gardens"))
    assert "topic=urban-gardens" in Client().get("/projekte/feed.atom?topic=gardens").content.decode()
    assert found("?topic=sport") == []
    assert answer("/api/v1/projekte/?topic=unknown")[0] == 400


def test_pages_lead_from_a_former_short_name_to_the_present_one():
    topic = make_topic("gardens", "Gärten")
    programme = FundingProgramme.objects.create(
        slug="old-programme", name="Programm", provider="Land", level="state", description="…",
        checked_on=date(2026, 1, 1), deadline_on=date(2099, 1, 1),
    )  # fmt: skip
    category = make_category("money")
    calendar = Client().get("/foerderung/fristen.ics").content.decode()
    for term, slug in ((topic, "plots"), (programme, "new-programme"), (category, "funds")):
        assert rename(term, slug).status_code == 302
    assert answer("/themen/gardens/?page=2") == (301, "/themen/plots/?page=2")
    assert answer("/foerderung/old-programme/") == (301, "/foerderung/new-programme/")
    assert answer("/auswertung/huerden/money/state/") == (301, "/auswertung/huerden/funds/state/")
    for path in ("/themen/plots/", "/foerderung/new-programme/", "/auswertung/huerden/funds/state/"):
        assert answer(path)[0] == 200
    # A calendar knows a deadline by its name; another one would make it a second deadline.
    uid = next(line for line in calendar.splitlines() if line.startswith("UID:"))
    assert uid in Client().get("/foerderung/fristen.ics").content.decode()


def test_short_name_of_before_is_nobody_elses_and_may_come_back():
    topic, other = make_topic("gardens", "Gärten"), make_topic("sport-clubs")
    rename(topic, "plots")
    refused = rename(other, "gardens")
    assert "Diesen Kurznamen hatte früher ein anderer Eintrag" in text_of(refused)
    assert rename(topic, "gardens").status_code == 302
    topic.refresh_from_db()
    assert (topic.slug, topic.former_slugs, topic.first_slug) == ("gardens", ["plots"], "plots")


def test_short_name_with_a_sign_is_only_read():
    topic = make_topic("housing")
    assert rename(topic, "homes").status_code == 302
    topic.refresh_from_db()
    assert (topic.slug, topic.former_slugs) == ("housing", [])


def test_import_of_examples_finds_what_was_renamed(examples):
    group, programme = TargetGroup.objects.first(), FundingProgramme.objects.get(slug="amif")
    for term in (group, programme):
        old, term.slug = term.slug, "anders"
        term.renamed_from(old)
        term.save()
    Project.objects.update(import_digest="")
    counts = (TargetGroup.objects.count(), FundingProgramme.objects.count(), Topic.objects.count())
    call_command("import_examples", stdout=StringIO())
    assert (TargetGroup.objects.count(), FundingProgramme.objects.count(), Topic.objects.count()) == counts


# --- municipal mergers ------------------------------------------------------------------------------------------------


@pytest.fixture
def merger() -> dict:
    """A village that became part of one that became part of a town, each with a project."""
    county = make_county(name="Neukreis")
    town = make_municipality(county=county, name="Neustadt")
    middle = make_municipality(county=county, name="Mittendorf", closed_on=date(2024, 1, 1), successor=town)
    village = make_municipality(county=county, name="Altdorf", closed_on=date(2020, 1, 1), successor=middle)
    projects = [project_in(Status.PUBLISHED, lead=body) for body in (town, village)]
    facets.index_all()
    return {"county": county, "town": town, "middle": middle, "village": village, "projects": projects}


def test_page_of_a_dissolved_body_leads_to_where_it_ended(merger):
    town, village = merger["town"], merger["village"]
    for path in (village.get_absolute_url(), f"/kommunen/{village.key}/", merger["middle"].get_absolute_url()):
        assert answer(path) == (301, town.get_absolute_url())
    assert answer(f"/api/v1/kommunen/{village.key}/") == (301, f"/api/v1/kommunen/{town.key}/")
    page = text_of(Client().get(town.get_absolute_url()))
    assert "Hervorgegangen aus: Stadt Mittendorf (aufgelöst am 1. Januar 2024)" in page
    assert merger["projects"][1].title in page
    listed = Client().get("/api/v1/kommunen/?limit=500").json()["municipalities"]
    assert village.key in [body["key"] for body in listed]


def test_filters_understand_the_key_of_a_dissolved_body(merger):
    both = {project.pk for project in merger["projects"]}
    town, village = merger["town"], merger["village"]
    for query in (f"?municipality={village.key}", f"?near={village.key}&km=30"):
        assert set(found(query)) == both
    # Somebody who ordered the village's projects goes on to hear of the town that it is part of.
    assert (
        f"municipality={town.key}" in Client().get(f"/projekte/feed.atom?municipality={village.key}").content.decode()
    )
    assert "Stadt Neustadt" in text_of(Client().get(f"/projekte/?municipality={village.key}"))
    assert answer(f"/projekte/?like={village.key}")[0] == 200


def test_key_of_a_merged_county_means_the_new_county(merger):
    old = make_county(name="Altkreis", closed_on=date(2024, 1, 1), successor=merger["county"])
    facets.index_all()
    assert found(f"?county={old.key}") == found(f"?county={merger['county'].key}")
    assert len(found(f"?county={old.key}")) == 2
    assert old.key not in facets.current(facets.version()).labels.choices["county"]


def test_county_without_a_successor_stays_a_value_of_its_own(merger):
    old = make_county(name="Altkreis", closed_on=date(2024, 1, 1))
    project = project_in(Status.PUBLISHED, lead=make_municipality(county=old))
    facets.index_all()
    assert found(f"?county={old.key}") == [project.pk]


def test_body_that_went_into_several_says_so_and_names_them(merger):
    joint = make_municipality(
        county=merger["county"], kind=Kind.JOINT_MUNICIPALITY, key=f"{merger['county'].key}5499", name="Zerfallen",
        ars=f"{merger['county'].key}5499".ljust(12, "0"), ags="", closed_on=date(2024, 1, 1),
    )  # fmt: skip
    other = make_municipality(county=merger["county"], name="Nachbarstadt")
    for number, heir in enumerate((merger["town"], other), start=1):
        make_municipality(
            county=merger["county"], parent=joint, kind=Kind.MEMBER_MUNICIPALITY, key=f"{joint.key}99{number}",
            closed_on=date(2024, 1, 1), successor=heir,
        )  # fmt: skip
    facets.index_all()
    response = Client().get(joint.get_absolute_url())
    assert response.status_code == 410
    page = text_of(response)
    assert "Diese Kommune gibt es seit dem 1. Januar 2024 nicht mehr." in page
    for heir in (merger["town"], other):
        assert f'<a href="{heir.get_absolute_url()}">{heir.display_name}</a>' in page
    assert "Eine einzige Nachfolgerin" not in page
    lost = make_municipality(county=merger["county"], closed_on=date(2024, 1, 1))
    facets.index_all()
    assert "Eine einzige Nachfolgerin hat sie nicht" in text_of(Client().get(lost.get_absolute_url()))
    assert answer(f"/api/v1/kommunen/{lost.key}/")[0] == 200
