"""The public addresses: German paths, English names; the key decides, the slug is decoration."""

from django.urls import path, register_converter

from .submission import BY_NAME, BY_SLUG, Part
from .views import browse, confirmation, contact, demo, funding, municipalities, pages, people, pictures, submission

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


register_converter(MunicipalKeyConverter, "municipal_key")
register_converter(PartConverter, "part")

urlpatterns = [
    path("", browse.home, name="home"),
    path("projekte/", browse.project_list, name="list"),
    path("projekte/<int:pk>/", browse.project_detail, name="detail_without_slug"),
    path("projekte/<int:pk>-<slug:slug>/", browse.project_detail, name="detail"),
    path("projekte/<int:pk>-<slug:slug>/ratsvorlage/", browse.council_paper, name="council_paper"),
    path("kommunen/", municipalities.municipality_list, name="municipalities"),
    path("kommunen/<municipal_key:key>/", municipalities.municipality_detail, name="municipality_without_slug"),
    path("kommunen/<municipal_key:key>-<slug:slug>/", municipalities.municipality_detail, name="municipality"),
    path("foerderung/", funding.funding_list, name="funding"),
    path("foerderung/<slug:slug>/", funding.programme_detail, name="funding_programme"),
    path("themen/", funding.topic_list, name="topics"),
    path("themen/<slug:slug>/", funding.topic_detail, name="topic"),
    path("mitmachen/", pages.contribute, name="contribute"),
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
    path("mitmachen/projekte/<int:pk>/vorschau/", submission.preview, name="preview"),
    path("mitmachen/projekte/<int:pk>/loeschen/", submission.delete, name="delete_draft"),
    path("mitmachen/projekte/<int:pk>/bearbeiten/", submission.revise, name="revise"),
    path("mitmachen/projekte/<int:pk>/<part:part>/", submission.part, name="part"),
    path("mitmachen/projekte/<int:pk>/<part:part>/merken/", submission.remember, name="remember"),
    path("projekte/<int:pk>-<slug:slug>/uebernehmen/", submission.adopt, name="adopt"),
    # Pictures and papers: their page in the submission, and the files
    path(
        "mitmachen/projekte/<int:pk>/bilder/",
        pictures.part_pictures,
        {"part": BY_NAME["pictures"]},
        name="part_pictures",
    ),
    path("medien/bilder/<int:pk>/<int:width>.webp", pictures.picture, name="picture"),
    path("medien/anlagen/<int:pk>/", pictures.attachment, name="attachment"),
]
