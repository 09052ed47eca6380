"""The style sheets of every page as one file, hashed and compressed."""

import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from integration_portal.storage import SHEETS, BundlingStorage
from integration_portal.templatetags.portal import stylesheets


@pytest.fixture
def collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "integration_portal.storage.BundlingStorage"},
    }
    settings.DEBUG = False
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_page_asks_for_one_sheet_with_everything_in_it(collected):
    assert isinstance(staticfiles_storage, BundlingStorage)
    links = re.findall(r'href="/static/(css/portal\.\w+\.css)"', stylesheets())
    assert len(links) == 1
    joined = (collected / links[0]).read_text()
    assert (collected / f"{links[0]}.br").exists()
    position = -1
    for sheet in SHEETS:
        rules = (collected / sheet).read_text()
        selector = next(line for line in rules.splitlines() if line.endswith("{") and not line.startswith("@"))
        assert (position := joined.find(selector, position + 1)) >= 0, sheet
    fonts = re.findall(r'url\("\.\./(fonts/[^"]+)"\)', joined)
    assert len(fonts) == 2
    assert all((collected / font).exists() for font in fonts)


def test_uncollected_sheets_are_asked_for_one_by_one():
    assert stylesheets().count("<link") == len(SHEETS)
