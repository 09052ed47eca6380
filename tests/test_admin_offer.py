"""What the admin offers to whom: one literal list for moderators, one for administrators, and nothing beside them."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from zeal import zeal_ignore

from municipalities.models import User
from tests.projects.desk import administrator_client, moderator_client, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

# Each model with what may be done from its list; all of them may be seen.
MODERATORS = {
    "Project": "",
    "Adoption": "",
    "Interest": "",
    "Enquiry": "",
    "TextVersion": "",
    "FruitlessSearch": "delete",
    "SharedObstacle": "add change",
    "Contact": "add change",
    "FundingProgramme": "add change",
    "FundingSource": "add change",
    "PageText": "add change delete",
    "TextBlock": "add change delete",
    "BarrierReport": "",
    "LinkCheck": "",
    "ObstacleCategory": "",
    "TargetGroup": "",
    "Topic": "",
    "Municipality": "",
}
ADMINISTRATORS = {
    **MODERATORS,
    "BarrierReport": "change delete",
    "ObstacleCategory": "add change",
    "TargetGroup": "add change",
    "Topic": "add change",
    "Municipality": "change",
    "Letter": "",
    "Membership": "",
    "PeopleChange": "",
    "SheetImport": "add",
    "User": "add change",
}


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def offered(client) -> dict[str, str]:
    apps = client.get(reverse("admin:index")).context["app_list"]
    rows = [row for app in apps for row in app["models"]]
    assert all(row["perms"]["view"] for row in rows)
    return {
        row["object_name"]: " ".join(verb for verb in ("add", "change", "delete") if row["perms"][verb]) for row in rows
    }


def test_moderators_are_offered():
    assert offered(moderator_client()) == MODERATORS


def test_administrators_are_offered():
    assert offered(administrator_client()) == ADMINISTRATORS


def test_nothing_else_is_registered():
    assert {model.__name__ for model in admin.site._registry} == set(ADMINISTRATORS)
    for name in ("account_emailaddress", "mfa_authenticator", "usersessions_usersession", "auth_group"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:{name}_changelist")


def test_account_says_what_helps_and_no_secret():
    client = administrator_client()
    person = User.objects.create_user("neu@example.org")
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=False)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    url = reverse("admin:municipalities_user_change", args=[person.pk])
    page = text_of(client.get(url))
    assert "neu@example.org (nicht bestätigt)" in page
    assert "TOTP Authenticator" in page
    assert "JBSWY3DPEHPK3PXP" not in page
    client.post(url, {"email": person.email, "addresses": "x", "verified": "on"})
    assert not EmailAddress.objects.get().verified
