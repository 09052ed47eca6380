"""The public addresses: German paths, English names; the key decides, the slug is decoration."""

from django.urls import path, register_converter

from .views import browse, funding, municipalities, pages

app_name = "projects"


class MunicipalKeyConverter:
    """The significant digits of a Regionalschlüssel in Lower Saxony: 5, 9 or 12."""

    regex = r"03[0-9]{3}(?:[0-9]{4}(?:[0-9]{3})?)?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MunicipalKeyConverter, "municipal_key")

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
]
