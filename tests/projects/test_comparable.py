"""„Kommunen wie meine“ on pages: the ranking of a municipality, examples on its page, the table."""

import csv
import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from zeal import zeal_ignore

from municipalities.models import Municipality
from projects import facets
from projects.models import Project
from tests.factories import make_municipality

pytestmark = pytest.mark.django_db

SOEGEL, HILDESHEIM, DAMNATZ, EMSLAND, HANNOVER = "034545407", "032540021021", "033545406003", "03454", "032410001001"


@zeal_ignore()
def body_of(key: str) -> Municipality:
    return Municipality.objects.get(key=key)


def address(key: str, name: str = "comparable") -> str:
    return reverse(f"projects:{name}", args=[key, body_of(key).slug])


def page(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode().replace("&nbsp;", " ").replace("\u00a0", " ")


def shown_names(html: str) -> list[str]:
    return re.findall(r"<h3><a [^>]*>([^<]*)</a></h3>", html)


def test_page_ranks_with_percent_reasons_and_method(client, examples):
    html = page(client, address(SOEGEL))
    assert "Kommunen wie Samtgemeinde Sögel" in html
    assert {*shown_names(html)[:4]} == {f"Samtgemeinde {name}" for name in ("Uelsen", "Emlichheim", "Dörpen", "Werlte")}
    assert len(shown_names(html)) == 24
    assert "die ersten 24 von 1.044" in html
    assert re.search(r"ähnlich groß: [\d.]+ statt [\d.]+ Einwohner", html)
    assert "Wie „Kommunen wie meine“ rechnet" in html
    assert html.count('aria-current="true"') >= 1


def test_every_view_is_a_link_and_gives_another_order(client, examples):
    html = page(client, address(HILDESHEIM))
    views = re.findall(r'href="([^"]*vergleichbar/[^"]*)"[^>]*>(?:insgesamt|Größe|Wirtschaft|Bevölkerung|in der)', html)
    assert len(views) == 5
    orders = {tuple(shown_names(page(client, view))) for view in views}
    assert len(orders) == 5


def test_own_weights_are_a_form_and_stay_in_the_links(client, examples):
    html = page(client, address(SOEGEL) + "?w_size=0&w_location=0&w_economy=0&w_population=3&w_nearby=1.25")
    assert "mit eigenen Gewichten" in html
    assert '<option value="1.25" selected>1,25</option>' in html
    links = re.findall(r'href="([^"]*(?:like=|vergleichbar\.csv\?)[^"]*)"', html)
    assert len(links) == 2
    for link in links:
        query = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        assert (query["w_size"], query["w_population"], query["w_nearby"]) == (["0"], ["3"], ["1.25"])


def test_bad_weights_are_reported(client, examples):
    html = page(client, address(SOEGEL) + "?w_size=9&like_view=nonsense&w_unknown=1")
    assert "Gewicht „Größe und Art“: Bitte geben Sie eine Zahl von 0 bis 3 an." in html
    assert "Diese Sicht auf vergleichbare Kommunen gibt es nicht" in html
    assert "Ein unbekanntes Gewicht" in html


def test_counties_are_compared_with_counties(client, examples):
    names = shown_names(page(client, address(EMSLAND)))
    assert all(name.startswith(("Landkreis", "Region", "Stadt")) for name in names)
    assert names[0] == "Landkreis Osnabrück"


def test_table_has_every_comparable_body(client, examples):
    response = client.get(address(SOEGEL, "comparable_csv") + "?like_view=economy")
    assert 'filename="vergleichbar-034545407-economy.csv"' in response["Content-Disposition"]
    lines = list(csv.reader(response.getvalue().decode("utf-8-sig").splitlines(), delimiter=";"))
    assert lines[0][:4] == ["Rang", "Schlüssel", "Name", "Art"]
    assert len(lines) == 1 + 1044
    assert [line[0] for line in lines[1:4]] == ["1", "2", "3"]
    percents = [int(line[6]) for line in lines[1:]]
    assert percents == sorted(percents, reverse=True)
    assert all(line[7] for line in lines[1:])
    assert SOEGEL not in [line[1] for line in lines]


def test_closed_body_leads_to_its_successor_and_an_unknown_one_to_nothing(client, register):
    today = body_of(SOEGEL)
    old = make_municipality(key="034549999999", county=today.county, closed_on=date(2026, 1, 1), successor=today)
    lost = make_municipality(key="034549998998", county=today.county, closed_on=date(2026, 1, 1))
    area = Municipality.objects.filter(kind="unincorporated_area").first()
    facets.index_all()
    response = client.get(address(old.key))
    assert (response.status_code, response.url) == (301, address(SOEGEL))
    assert client.get(address(SOEGEL).replace("samtgemeinde-soegel", "falsch")).url == address(SOEGEL)
    for body in (lost, area):
        assert client.get(address(body.key)).status_code == 404
        assert "Beispiele aus Kommunen wie Ihrer" not in client.get(body.get_absolute_url()).content.decode()
    assert client.get("/kommunen/03999-nirgends/vergleichbar/").status_code == 404


# --- on the page of a municipality ------------------------------------------------------------------------------------


def examples_of(client, key: str) -> str:
    html = page(client, body_of(key).get_absolute_url())
    return re.search(r'<section aria-labelledby="examples-title">.*?</section>', html, re.S)[0]


def test_municipality_shows_three_examples_with_reasons_and_the_way_to_all(client, examples):
    section = examples_of(client, HILDESHEIM)
    percents = [int(percent) for percent in re.findall(r"(\d+) % ähnlich", section)]
    assert len(percents) == 3
    assert percents == sorted(percents, reverse=True)
    assert percents[-1] >= 70
    assert "Am nächsten kommen" not in section
    assert f"/projekte/?like={HILDESHEIM}" in section
    assert address(HILDESHEIM) in section


def test_smallest_member_municipality_gets_examples_of_what_is_like_its_samtgemeinde(client, examples):
    smallest = (
        Municipality.objects.existing()
        .filter(kind="member_municipality", population__gt=0)
        .order_by("population", "key")
    ).first()
    assert smallest.key == DAMNATZ
    section = examples_of(client, DAMNATZ)
    percents = [int(percent) for percent in re.findall(r"(\d+) % ähnlich", section)]
    assert len(percents) == 3
    assert "Aus einer Kommune, die Gemeinde Damnatz wirklich ähnelt, gibt es im Mosaik noch kein Beispiel." in section
    assert "Diese kommen aus Kommunen wie Samtgemeinde Elbtalaue:" in section
    assert percents[0] >= 70
    assert '/projekte/?like=033545406"' in section
    assert len(shown_names(page(client, address(DAMNATZ)))) == 24
    html = page(client, f"/projekte/?like={DAMNATZ}")
    assert "0 Projekte" in html
    assert "Wie Gemeinde Damnatz: alle, die ähnlichsten zuerst" in html
    assert "Wie Samtgemeinde Elbtalaue" in html
    assert "Wie Landkreis Lüchow-Dannenberg" in html


def test_city_without_its_like_gets_the_nearest_examples_and_is_told_that_they_are_far(client, examples):
    section = examples_of(client, HANNOVER)
    assert all(int(percent) < 70 for percent in re.findall(r"(\d+) % ähnlich", section))
    assert "Am nächsten kommen diese:" in section
    assert f"/projekte/?like={HANNOVER}&amp;like_min=0" in section


def test_joint_municipality_and_county_get_examples(client, examples):
    for key in (SOEGEL, EMSLAND, HANNOVER):
        assert len(re.findall(r"\d+ % ähnlich", examples_of(client, key))) == 3


def test_portal_without_projects_says_so(client, register):
    facets.index_all()
    assert "gibt es im Mosaik noch kein Projekt" in examples_of(client, SOEGEL)
    assert "Alle Projekte nach Ähnlichkeit geordnet" in page(client, address(SOEGEL))


def test_number_of_queries(client, examples, django_assert_num_queries):
    facets.index_all()
    detail, ranking = body_of(HILDESHEIM).get_absolute_url(), address(HILDESHEIM)
    client.get(ranking)  # the process reads index and profiles once
    with django_assert_num_queries(1):
        client.get(ranking)
    with django_assert_num_queries(2):
        client.get(ranking + "?like_view=nearby")
    with django_assert_num_queries(8):
        client.get(detail)
    with django_assert_num_queries(1):
        client.get(detail)


# --- the short way in -------------------------------------------------------------------------------------------------


def test_home_page_leads_to_the_list_by_name(client, examples):
    assert re.search(r'<form[^>]*action="/projekte/"[^>]*>.*?name="like"', page(client, "/"), re.S)
    html = page(client, "/projekte/?like=Hildesheim")
    assert "wie Stadt Hildesheim, mindestens 70 % ähnlich" in html
    assert re.search(r"<strong>\d+ % ähnlich</strong></dt><dd>", html)
    assert "vergleichbar/" in html
    assert Project.objects.filter(lead__key=HILDESHEIM).first().title not in html
    unknown = page(client, "/projekte/?like=Atlantis")
    assert "Diese Kommune steht nicht im Verzeichnis: „Atlantis“" in unknown
    assert "39 Projekte" in unknown
