"""Generated query strings at every list and table that everybody may read: an answer, never a crash (S19)."""

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from projects.filters import ProjectFilter
from tests.test_access import EVERYBODY, READING, nothing

# The archive of everything takes no parameter and a second.
PAGES = sorted(
    {name for name, how, seen in READING if how is nothing and seen is EVERYBODY} - {"projects:whole_mosaic"}
)
MORE = "after limit id format view like_min w_size programme from to key part"
NAMES = [*sorted({*ProjectFilter.base_filters, "sort", "page", "q", "near", "km", "like"}), *MORE.split()]
ODD = "0 -1 1.5 1e999 nan 99999999999999999999 034545407 %C2%B2 %00 %ff %ed%a0%80".split()
ODD += "' \" \\ ; <script> ../ * [] null".split()
VALUES = st.one_of(
    st.sampled_from(ODD),
    st.sampled_from(["housing", "gte100k", "none", "state", "newest", "similarity", "2026-02-30", "json"]),
    st.text(max_size=12).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
    st.integers(-(2**70), 2**70).map(str),
)
PAIRS = st.tuples(st.sampled_from([*NAMES, "", "a[]", "%", "Q"]), VALUES)
# Many at once: each page is asked a few times only, and most of its parameters should be among what it gets.
QUERIES = st.lists(PAIRS, min_size=1, max_size=40, unique_by=lambda pair: pair[0]).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)


@pytest.mark.check("S19")
@settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=400,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=st.sampled_from(PAGES), query=QUERIES)
def test_whatever_is_asked_gets_an_answer(world, name, query):
    response = Client().get(f"{reverse(name)}?{query}")  # raises what a view raises
    response.getvalue()
    assert response.status_code < 500
    assert response.status_code != 404


def test_most_pages_are_asked():
    assert len(PAGES) > 40
