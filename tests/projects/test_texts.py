"""Texts that the moderators maintain: seeded once, edited at the desk, shown on their pages and in letters."""

import tomllib

import pytest
from django.urls import reverse
from zeal import zeal_ignore

from projects.management.commands.import_examples import DATA, import_text_blocks
from projects.models import Page, PageText, TextBlock
from tests.factories import make_municipality
from tests.projects.desk import administrator_client, client_of, moderator_client, text_of
from tests.projects.steps import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

SHIPPED = tomllib.loads((DATA / "text_blocks.toml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def test_blocks_are_seeded_once_and_belong_to_the_moderators_from_then_on():
    import_text_blocks(SHIPPED)
    assert [block.position for block in TextBlock.objects.all()] == [1, 2, 3, 4, 5, 6, 7, 8]
    TextBlock.objects.filter(title="Geld").update(title="Beträge", text="Bitte rechnen Sie nach.")
    TextBlock.objects.filter(title="Belege").delete()
    before = list(TextBlock.objects.values())
    import_text_blocks(SHIPPED)
    assert list(TextBlock.objects.values()) == before


def test_moderators_maintain_blocks():
    client = moderator_client()
    add = reverse("admin:projects_textblock_add")
    sent = {"title": " Foto ", "text": "Bitte\u00a0ein Foto.\r\nDanke!", "position": "3"}
    assert client.post(add, sent).status_code == 302
    block = TextBlock.objects.get()
    assert (block.title, block.text) == ("Foto", "Bitte\u00a0ein Foto.\nDanke!")
    assert "existiert bereits" in text_of(client.post(add, sent))  # the title is taken
    assert "Bitte füllen Sie dieses Feld aus." in text_of(client.post(add, {**sent, "title": "x", "text": " "}))
    change = reverse("admin:projects_textblock_change", args=[block.pk])
    assert client.post(change, {**sent, "text": "Bitte zwei."}).status_code == 302
    assert "Bitte zwei." in text_of(client.get(reverse("admin:projects_textblock_changelist")))
    delete = reverse("admin:projects_textblock_delete", args=[block.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not TextBlock.objects.exists()


@pytest.mark.parametrize("page", Page)
def test_page_text_stands_above_the_fixed_text(page, client):
    plain = text_of(client.get(reverse(f"projects:{page}")))
    desk = moderator_client()
    text = "**Neu:** Wir sind im Urlaub.\r\n\r\n- [Hilfe](https://www.example.org)\r\n- <script>alert(1)</script> [1]"
    assert desk.post(reverse("admin:projects_pagetext_add"), {"page": page, "text": text}).status_code == 302
    row = PageText.objects.get()
    change = text_of(desk.get(reverse("admin:projects_pagetext_change", args=[row.pk])))
    assert f'href="{row.get_absolute_url()}"' in change
    html = text_of(client.get(row.get_absolute_url()))
    shown = (
        '<div class="story"><p><strong>Neu:</strong> Wir sind im Urlaub.</p> <ul> <li>'
        '<a href="https://www.example.org" rel="noopener nofollow">Hilfe</a></li> '
        "<li>&lt;script&gt;alert(1)&lt;/script&gt; [1]</li> </ul> </div>"
    )
    assert html.count(shown) == 1
    assert html.replace(f"{shown} ", "") == plain
    assert html.index("<h1") < html.index(shown)


def test_page_has_one_text_and_keeps_its_page():
    desk = moderator_client()
    row = PageText.objects.create(page=Page.FUNDING, text="Hallo")
    add, change = reverse("admin:projects_pagetext_add"), reverse("admin:projects_pagetext_change", args=[row.pk])
    assert "existiert bereits" in text_of(desk.post(add, {"page": Page.FUNDING, "text": "Noch einer"}))
    assert desk.post(change, {"page": Page.CONTRIBUTE, "text": "Anders"}).status_code == 302
    row.refresh_from_db()
    assert (row.page, row.text) == (Page.FUNDING, "Anders")
    delete = reverse("admin:projects_pagetext_delete", args=[row.pk])
    assert administrator_client().post(delete, {"post": "yes"}).status_code == 302


def test_texts_are_the_desks_only():
    member = client_of(make_member("mitglied", make_municipality()))
    for name in ("textblock", "pagetext"):
        for verb in ("changelist", "add"):
            assert member.get(reverse(f"admin:projects_{name}_{verb}")).status_code in (302, 403)
