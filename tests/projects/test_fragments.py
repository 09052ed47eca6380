"""What is kept of pages is what would be rendered anew, for readers only, and by language."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from municipalities.models import User
from projects import fragments, indexes
from projects.models import Project

PAGES = (
    "",
    "?page=2",
    "?topic=language&status=running",
    "?q=Sprachkurs",
    "?q=Sprachkurs&like=034545407",
    "?like=034545407&like_view=nearby",
    "?sort=cost_per_person&view=map",
    "?q=gibtesnicht",
)


@pytest.mark.parametrize("query", PAGES)
def test_kept_list_is_the_list_rendered_anew(client, examples, query):
    """Whatever other lists have kept before of the same projects."""
    anew = client.get(reverse("projects:list") + query).content
    for other in PAGES:
        client.get(reverse("projects:list") + other)
    assert client.get(reverse("projects:list") + query).content == anew


def test_cards_are_rendered_again_after_a_publication(client, examples):
    client.get(reverse("projects:list"))
    project = Project.objects.published().latest("publication_number")
    project.title = "Neuer Titel"
    project.save()
    indexes.update(project)
    assert "Neuer Titel" in client.get(reverse("projects:list")).content.decode()


def test_a_person_who_signs_in_gets_a_frame_of_their_own(client, examples):
    person = User.objects.create_user("a@example.org", password="geheim-genug-123")
    visitor = client.get(reverse("projects:list")).content
    client.force_login(person)
    own = client.get(reverse("projects:list")).content.decode()
    assert reverse("account_logout") in own
    client.logout()
    assert client.get(reverse("projects:list")).content == visitor


def test_a_shelf_keeps_by_language_and_forgets_what_was_not_asked_for():
    shelf: fragments.Shelf[str] = fragments.Shelf(2)
    with override("de"):
        shelf.put("deutsch", 1)
    with override("en"):
        assert shelf.get(1) is None
        shelf.put("english", 1)
        assert shelf.get(1) == "english"
    with override("de"):
        assert shelf.get(1) == "deutsch"
        shelf.put("zwei", 2)
        assert (shelf.get(1), shelf.get(2)) == ("deutsch", "zwei")
    with override("en"):
        assert shelf.get(1) is None


def test_a_shelf_with_weights_holds_so_many_bytes():
    shelf: fragments.Shelf[bytes] = fragments.Shelf(10, weigh=len)
    for key, size in (("a", 4), ("b", 4), ("a", 6), ("c", 4)):  # the second a takes the place of the first
        shelf.put(b"x" * size, key)
    assert [shelf.get(key) is not None for key in "abc"] == [True, False, True]
    shelf.put(b"x" * 11, "d")  # more than there is room for
    assert [shelf.get(key) for key in "acd"] == [None] * 3
    shelf.put(b"x" * 10, "e")
    assert shelf.get("e")
