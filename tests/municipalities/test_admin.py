"""The register is read-only in the admin but for remarks and successors; accounts have no user name."""

from datetime import date

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from municipalities.models import Municipality, User
from tests.factories import make_county, make_municipality

# The admin's own templates use variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def administrator(client, db, settings) -> User:
    # The admin asks for single rows from one place of Django's code; these tests count queries where it matters.
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    person = User.objects.create_superuser("admin@stade.example")
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    client.force_login(person)
    return person


def change_url(body: Municipality) -> str:
    return reverse("admin:municipalities_municipality_change", args=[body.pk])


def figures_form() -> dict[str, str]:
    return {"figures-TOTAL_FORMS": "0", "figures-INITIAL_FORMS": "0"}


def test_list_is_found_filtered_and_cheap(client, administrator, register, django_assert_max_num_queries):
    url = reverse("admin:municipalities_municipality_changelist")
    with django_assert_max_num_queries(10):
        assert b"1115 Kommunen" in client.get(url).content
    for query, name in (("q=sogel", "Gemeinde Sögel"), ("q=Sögel", "Samtgemeinde Sögel"), ("q=033595407", "Balje")):
        assert name in client.get(f"{url}?{query}").content.decode()
    county = Municipality.objects.get(key="03359")
    page = client.get(f"{url}?county__id__exact={county.pk}&kind__exact=joint_municipality&closed=no").content.decode()
    assert "7 Kommunen" in page
    assert "0 Kommunen" in client.get(f"{url}?closed=open").content.decode()


def test_page_shows_figures_with_year_and_source(client, administrator, register, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        page = client.get(change_url(Municipality.objects.get(key="03402"))).content.decode()
    assert "Arbeitslosenquote" in page
    assert "Robert Koch-Institut (CC BY 4.0)" in page
    assert "2025" in page


def test_only_remark_and_successor_can_be_edited(client, administrator):
    county = make_county(key="03359", name="Stade")
    town = make_municipality(county=county, key="033590038038", name="Stade")
    old = make_municipality(county=county, key="033590039039", name="Altstade", closed_on=date(2026, 11, 1))
    answer = client.post(
        change_url(old),
        {"remark": "In Stade aufgegangen.", "successor": town.pk, "name": "X", "population": 1, **figures_form()},
    )
    assert answer.status_code == 302
    old.refresh_from_db()
    assert (old.remark, old.successor, old.name, old.population) == ("In Stade aufgegangen.", town, "Altstade", 17_000)
    # A body that exists has no successor; the field is not even offered.
    assert client.post(change_url(town), {"remark": "", "successor": county.pk, **figures_form()}).status_code == 302
    town.refresh_from_db()
    assert town.successor is None


def test_succession_in_a_circle_is_refused(client, administrator):
    county = make_county(key="03359")
    first = make_municipality(county=county, key="033590038038", closed_on=date(2026, 11, 1))
    second = make_municipality(county=county, key="033590039039", closed_on=date(2026, 11, 1), successor=first)
    for successor in (first, second):
        answer = client.post(change_url(first), {"remark": "", "successor": successor.pk, **figures_form()})
        assert "führt im Kreis" in answer.content.decode()


def test_bodies_are_neither_added_nor_deleted_by_hand(client, administrator):
    county = make_county()
    assert client.get(reverse("admin:municipalities_municipality_add")).status_code == 403
    assert client.post(reverse("admin:municipalities_municipality_delete", args=[county.pk])).status_code == 403
    changelist = reverse("admin:municipalities_municipality_changelist")
    client.post(changelist, {"action": "delete_selected", "_selected_action": [county.pk], "post": "yes"})
    assert Municipality.objects.filter(pk=county.pk).exists()


def test_account_is_added_with_mail_address_and_password(client, administrator):
    secret = "ein-langes-Wort-2026"
    answer = client.post(
        reverse("admin:municipalities_user_add"),
        {"email": "Berta@Stade.Example", "usable_password": "true", "password1": secret, "password2": secret},
    )
    assert answer.status_code == 302
    assert User.objects.get(email="berta@stade.example").check_password(secret)
    again = client.post(
        reverse("admin:municipalities_user_add"),
        {"email": "BERTA@stade.example", "usable_password": "true", "password1": secret, "password2": secret},
    )
    assert "Diese E-Mail-Adresse wird schon verwendet." in again.content.decode()


def test_account_can_be_changed_and_listed(client, administrator):
    person = User.objects.create_user("berta@stade.example")
    url = reverse("admin:municipalities_user_change", args=[person.pk])
    page = client.get(url).content.decode()
    assert 'name="email"' in page
    assert 'name="username"' not in page
    answer = client.post(url, {"email": "Berta.B@stade.example", "first_name": "Berta", "is_active": "on"})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.email, person.first_name) == ("berta.b@stade.example", "Berta")
    assert "berta.b@stade.example" in client.get(reverse("admin:municipalities_user_changelist")).content.decode()
    assert client.get(reverse("admin:auth_user_password_change", args=[person.pk])).status_code == 200


def test_pages_hold_nothing_inline(client, administrator, register):
    """The policy of the portal allows no inline script, style or handler."""
    body = Municipality.objects.get(key="03402")
    urls = [
        reverse("admin:municipalities_municipality_changelist"),
        change_url(body),
        reverse("admin:municipalities_user_changelist"),
        reverse("admin:municipalities_user_add"),
        reverse("admin:municipalities_user_change", args=[administrator.pk]),
    ]
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200
        page = answer.content.decode()
        for forbidden in (" style=", "<style", "<script>", " onclick=", "javascript:"):
            assert forbidden not in page, (url, forbidden)
