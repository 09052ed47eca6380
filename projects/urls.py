"""The public addresses: German paths, English names; the key decides, the slug is decoration."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from .models import TextLanguage
from .submission import BY_NAME, BY_SLUG, Part
from .views import (
    adoptions,
    api,
    browse,
    catalogues,
    comparable,
    confirmation,
    contact,
    demo,
    enquiries,
    feeds,
    funding,
    help,
    insights,
    insights_adoptions,
    insights_ended,
    insights_obstacles,
    insights_white_spots,
    keeping,
    municipalities,
    open_data,
    pages,
    people,
    pictures,
    submission,
    subscriptions,
    text_versions,
)

app_name = "projects"


class MunicipalKeyConverter:
    """The significant digits of a Regionalschlüssel in Lower Saxony: 5, 9 or 12."""

    regex = r"03[0-9]{3}(?:[0-9]{4}(?:[0-9]{3})?)?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PartConverter:
    """A part of the submission that is edited as text; the pictures have pages of their own."""

    regex = "|".join(BY_SLUG)

    def to_python(self, value: str) -> Part:
        return BY_SLUG[value]

    def to_url(self, value: Part | str) -> str:
        return value if isinstance(value, str) else value.slug


class TextLanguageConverter(StringConverter):
    """A language in which projects are told beside German."""

    regex = "|".join(TextLanguage.values)


register_converter(MunicipalKeyConverter, "municipal_key")
register_converter(PartConverter, "part")
register_converter(TextLanguageConverter, "text_language")

urlpatterns = [
    path("", browse.home, name="home"),
    path("projekte/", browse.project_list, name="list"),
    # Keeping, comparing and following projects, without an account
    path("projekte/vergleich/", keeping.compare, name="compare"),
    path("projekte/vergleich.csv", keeping.compare_csv, name="compare_csv"),
    path("merkliste/", keeping.kept, name="kept"),
    path("merkliste.csv", keeping.kept_csv, name="kept_csv"),
    path("projekte/feed.atom", feeds.projects, name="feed"),
    path("projekte/abo/", subscriptions.subscribe, name="subscribe"),
    path("abo/<uuid:token>/bestaetigen/", subscriptions.confirm, name="confirm_subscription"),
    path("abo/<uuid:token>/beenden/", subscriptions.end, name="end_subscription"),
    path("projekte/<int:pk>/", browse.project_detail, name="detail_without_slug"),
    path("projekte/<int:pk>-<slug:slug>/", browse.project_detail, name="detail"),
    path("projekte/<int:pk>-<slug:slug>/ratsvorlage/", browse.council_paper, name="council_paper"),
    path("projekte/<int:pk>-<slug:slug>/leichte-sprache/", browse.easy_project, name="easy_project"),
    path("kommunen/", municipalities.municipality_list, name="municipalities"),
    path("kommunen/<municipal_key:key>/", municipalities.municipality_detail, name="municipality_without_slug"),
    path("kommunen/<municipal_key:key>-<slug:slug>/", municipalities.municipality_detail, name="municipality"),
    path("kommunen/<municipal_key:key>-<slug:slug>/vergleichbar/", comparable.comparable, name="comparable"),
    path("kommunen/<municipal_key:key>-<slug:slug>/vergleichbar.csv", comparable.comparable_csv, name="comparable_csv"),
    path("foerderung/", funding.funding_list, name="funding"),
    path("foerderung/check/", funding.check, name="funding_check"),
    path("foerderung/check.csv", funding.check_csv, name="funding_check_csv"),
    path("foerderung/fristen.ics", funding.deadlines, name="funding_deadlines"),
    path("foerderung/geldgeber/<int:pk>-<slug:slug>/", funding.source_detail, name="funding_source"),
    path("foerderung/<slug:slug>/", funding.programme_detail, name="funding_programme"),
    path("themen/", funding.topic_list, name="topics"),
    path("themen/<slug:slug>/", funding.topic_detail, name="topic"),
    # Evaluations over any selection of projects
    path("auswertung/", insights.overview, name="insights"),
    path("auswertung/finanzierung/", insights.financing_page, name="financing"),
    path("auswertung/finanzierung/zahlen.csv", insights.financing_csv, name="financing_csv"),
    path("auswertung/haupt-und-ehrenamt/", insights.people_page, name="staffing"),
    path("auswertung/haupt-und-ehrenamt/zahlen.csv", insights.people_csv, name="staffing_csv"),
    path("auswertung/huerden/", insights_obstacles.overview, name="obstacles"),
    path("auswertung/huerden/zahlen.csv", insights_obstacles.table, name="obstacles_csv"),
    path("auswertung/huerden/faelle.csv", insights_obstacles.cases_table, name="obstacle_cases_csv"),
    path("auswertung/huerden/bericht/", insights_obstacles.report, name="obstacle_report"),
    path("auswertung/huerden/<int:pk>/", insights_obstacles.shared_obstacle, name="shared_obstacle_without_slug"),
    path("auswertung/huerden/<int:pk>-<slug:slug>/", insights_obstacles.shared_obstacle, name="shared_obstacle"),
    path("auswertung/huerden/<slug:category>/<slug:level>/", insights_obstacles.obstacle_group, name="obstacle_group"),
    path("auswertung/beendet/", insights_ended.overview, name="ended"),
    path("auswertung/beendet/zahlen.csv", insights_ended.table, name="ended_csv"),
    path("auswertung/nachahmung/", insights_adoptions.overview, name="adopted"),
    path("auswertung/nachahmung/zahlen.csv", insights_adoptions.table, name="adopted_csv"),
    path("auswertung/weisse-flecken/", insights_white_spots.overview, name="white_spots"),
    path("auswertung/weisse-flecken/zahlen.csv", insights_white_spots.table, name="white_spots_csv"),
    path("mitmachen/", pages.contribute, name="contribute"),
    path("hilfe/", help.overview, name="help"),
    path("hilfe/lesen/", help.reading, name="help_reading"),
    path("hilfe/einreichen/", help.submitting, name="help_submitting"),
    path("hilfe/moderieren/", help.moderating, name="help_moderating"),
    path("daten/", pages.data_sources, name="data_sources"),
    path("impressum/", pages.imprint, name="imprint"),
    path("datenschutz/", pages.privacy, name="privacy"),
    path("barrierefreiheit/", pages.accessibility, name="accessibility"),
    path("barriere-melden/", pages.report_barrier, name="report_barrier"),
    path("leichte-sprache/", pages.easy_language, name="easy_language"),
    path("gebaerdensprache/", pages.sign_language, name="sign_language"),
    # The person's own account, and the people of a municipality (signing in: integration_portal/account_urls.py)
    path("konto/", people.account, name="account"),
    path("konto/name/", people.change_name, name="change_name"),
    path("konto/schliessen/", people.close_account, name="close_account"),
    path("konto/mitarbeit/neu/", people.ask_membership, name="ask_membership"),
    path("konto/mitarbeit/<int:pk>/beenden/", people.end_own_membership, name="end_own_membership"),
    path("konto/personen/", people.people, name="people"),
    path("konto/personen/<int:pk>/", people.person, name="person"),
    # Writing to the contact of a project
    path("projekte/<int:pk>-<slug:slug>/kontakt/", contact.contact, name="contact"),
    # Letters: the signed link of „Ist das noch aktuell?“, and what the demo has written
    path("bestaetigen/<str:token>/", confirmation.confirm, name="confirm"),
    path("demo/briefe/", demo.letters, name="demo_letters"),
    # submitting
    path("mitmachen/projekte/", submission.my_projects, name="my_projects"),
    path("mitmachen/projekte/neu/", submission.new_project, name="new_project"),
    path("mitmachen/projekte/<int:pk>/", submission.task_list, name="task_list"),
    path("mitmachen/projekte/<int:pk>/pruefen/", submission.check, name="check"),
    path("mitmachen/projekte/<int:pk>/absenden/", submission.send, name="send"),
    path("mitmachen/projekte/<int:pk>/sprachen/", text_versions.overview, name="text_versions"),
    path("mitmachen/projekte/<int:pk>/sprachen/<text_language:language>/", text_versions.edit, name="text_version"),
    path(
        "mitmachen/projekte/<int:pk>/sprachen/<text_language:language>/loeschen/",
        text_versions.remove,
        name="remove_text_version",
    ),
    path("mitmachen/projekte/<int:pk>/vorschau/", submission.preview, name="preview"),
    path("mitmachen/projekte/<int:pk>/loeschen/", submission.delete, name="delete_draft"),
    path("mitmachen/projekte/<int:pk>/bearbeiten/", submission.revise, name="revise"),
    path("mitmachen/projekte/<int:pk>/bestaetigen/", submission.confirm, name="confirm_own"),
    path("mitmachen/projekte/<int:pk>/<part:part>/", submission.part, name="part"),
    path("mitmachen/projekte/<int:pk>/<part:part>/merken/", submission.remember, name="remember"),
    path("projekte/<int:pk>-<slug:slug>/uebernehmen/", submission.adopt, name="adopt"),
    # Nachahmung: what was taken over from a project, interest, the signed link of the letter to the origin
    path("projekte/<int:pk>-<slug:slug>/nachahmung/", adoptions.state, name="state_adoption"),
    path("projekte/<int:pk>-<slug:slug>/interesse/", adoptions.interest, name="interest"),
    path("mitmachen/nachahmungen/", adoptions.my_adoptions, name="my_adoptions"),
    path("mitmachen/nachahmungen/<int:pk>/", adoptions.change, name="adoption"),
    path("mitmachen/nachahmungen/<int:pk>/loeschen/", adoptions.withdraw, name="withdraw_adoption"),
    path("mitmachen/projekte/<int:pk>/nachahmungen/", adoptions.project_adoptions, name="project_adoptions"),
    path("nachahmung/<str:token>/", adoptions.link, name="adoption_link"),
    # Gesuche: what municipalities look for
    path("gesuche/", enquiries.enquiry_list, name="enquiries"),
    path("gesuche/<int:pk>-<slug:slug>/", enquiries.enquiry_detail, name="enquiry"),
    path("gesuche/<int:pk>-<slug:slug>/antworten/", enquiries.answer, name="answer_enquiry"),
    path("mitmachen/gesuche/", enquiries.my_enquiries, name="my_enquiries"),
    path("mitmachen/gesuche/neu/", enquiries.new_enquiry, name="new_enquiry"),
    path("mitmachen/gesuche/<int:pk>/", enquiries.edit_enquiry, name="edit_enquiry"),
    path("mitmachen/gesuche/<int:pk>/verlaengern/", enquiries.extend_enquiry, name="extend_enquiry"),
    path("mitmachen/gesuche/<int:pk>/beenden/", enquiries.end_enquiry, name="end_enquiry"),
    # The mosaic for other programs
    path("daten/projekte.csv", open_data.project_csv, name="project_csv"),
    path("daten/projekte-rfc4180.csv", open_data.project_csv, {"for_programs": True}, name="project_csv_for_programs"),
    path("daten/mosaik.zip", open_data.whole_mosaic, name="whole_mosaic"),
    path("daten/codebuch/", open_data.codebook_page, name="codebook"),
    path("daten/codebuch.csv", open_data.codebook_csv, name="codebook_csv"),
    path("api/", api.documentation, name="api"),
    path("api/openapi.yaml", api.openapi, name="openapi"),
    path("api/v1/", api.start, name="api_start"),
    path("api/v1/projekte/", api.project_list, name="api_projects"),
    path("api/v1/projekte/<int:pk>/", api.project, name="api_project"),
    path("api/v1/kommunen/", api.municipality_list, name="api_municipalities"),
    path("api/v1/kommunen/<municipal_key:key>/", api.municipality, name="api_municipality"),
    path("api/v1/foerderprogramme/", api.programme_list, name="api_programmes"),
    path("api/v1/vokabulare/", api.vocabularies, name="api_vocabularies"),
    path("api/v1/<path:path>/", api.missing, name="api_missing"),
    path("daten/katalog.jsonld", catalogues.json_ld, name="catalogue_json_ld"),
    path("daten/katalog.ttl", catalogues.turtle, name="catalogue_turtle"),
    path("sitemap.xml", catalogues.sitemap_index, name="sitemap"),
    path("sitemap-seiten.xml", catalogues.sitemap_pages, name="sitemap_pages"),
    path("sitemap-kommunen.xml", catalogues.sitemap_municipalities, name="sitemap_municipalities"),
    path("sitemap-projekte-<int:part>.xml", catalogues.sitemap_projects, name="sitemap_projects"),
    path("robots.txt", catalogues.robots, name="robots"),
    path(".well-known/security.txt", catalogues.security, name="security"),
    path("opensearch.xml", catalogues.opensearch, name="opensearch"),
    path("manifest.webmanifest", catalogues.manifest, name="manifest"),
    # Pictures and papers: their page in the submission, and the files
    path(
        "mitmachen/projekte/<int:pk>/bilder/",
        pictures.part_pictures,
        {"part": BY_NAME["pictures"]},
        name="part_pictures",
    ),
    path("medien/bilder/<int:pk>/<int:width>.webp", pictures.picture, name="picture"),
    path("medien/vorschau/<int:pk>.png", catalogues.share_picture, name="share_picture"),
    path("medien/anlagen/<int:pk>/", pictures.attachment, name="attachment"),
]
