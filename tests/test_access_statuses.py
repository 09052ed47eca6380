"""Every address about one project × status of the project × visitor, in one table (S01).

A status that no column has, and an address about a project without a row, fail.
"""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from projects import text_versions, workflow
from projects.models import Status, TextVersion
from tests.access_world import WAYS, World
from tests.test_access import READING, VISITORS, confirmation_of, contact_of, of, paper_of, part_of, picture_of, pk_of
from tests.test_access_generated import names_a_row

# What answers alike. A working copy is judged by its own status: it is no part of the mosaic, whatever its project is.
COLUMNS = {
    "published": ("published",),
    "private": ("draft", "copy_draft"),  # nobody but the municipality has ever seen it
    "returned": ("returned", "copy_returned"),  # the municipality changes it again, the desk knows it
    "at_desk": ("submitted", "half_approved", "copy_submitted"),
    "closed": ("rejected", "copy_rejected", "copy_taken_over"),
    "left": ("archived", "withdrawn"),  # was public once
    "led_on": ("duplicate",),  # archived because it is another one as well
}
# What anonymous, stranger, author, moderator and administrator get.
ANSWERS = {
    # pages and data for everybody
    "all": (200, 200, 200, 200, 200),
    "none": (404, 404, 404, 404, 404),
    "gone": (410, 410, 410, 410, 410),
    "moved": (301, 301, 301, 301, 301),
    # files (*): nobody is asked to sign in for a picture
    "own*": (404, 404, 200, 404, 404),
    "seen*": (404, 404, 200, 200, 200),
    # pages behind the login
    "people": (302, 200, 200, 200, 200),
    "others": (302, 200, 302, 200, 200),  # the author is led to their own list
    "own": (302, 404, 200, 404, 404),
    "seen": (302, 404, 200, 200, 200),
    "tasks": (302, 404, 302, 404, 404),  # the author is led on within the submission
    "nobody": (302, 404, 404, 404, 404),
    "to_kept": (302, 301, 301, 301, 301),
    # what is only ever sent
    "done": (302, 404, 302, 404, 404),
    "by_other": (302, 302, 404, 404, 404),
    "typed": (401, 404, 204, 404, 404),
    "too_late": (401, 404, 409, 404, 404),
    # the desk
    "desk": (302, 302, 302, 200, 200),
    "not_desk": (302, 302, 302, 404, 404),
}


def version_of(language: str) -> Callable:
    """Address arguments of a project that is told in this language, too, and whose version was public."""

    def of_project(name: str) -> Callable:
        def arguments(world: World) -> dict:
            project = getattr(world, name)
            digest = text_versions.digest_of(project)
            texts = dict.fromkeys(("title", "summary", "approach"), "Anders")
            public = {"texts": texts, "origin": "human", "digest": digest, "released_at": timezone.now()}
            TextVersion.objects.create(project=project, language=language, **public)
            return {"pk": project.pk, **({"slug": project.slug} if language == "simple" else {"language": language})}

        return arguments

    return of_project


english, simple = version_of("en"), version_of("simple")

# fmt: off
ROWS = [
    # address, its arguments                     published private   returned  at_desk   closed    left      led_on
    ("get detail", of,                          "all       none      none      none      none      gone      moved"),
    ("get detail_without_slug", pk_of,          "moved     none      none      none      none      gone      moved"),
    ("get council_paper", of,                   "all       none      none      none      none      none      moved"),
    ("get contact", contact_of,                 "all       none      none      none      none      none      moved"),
    ("get easy_project", simple,                "all       none      none      none      none      none      moved"),
    ("get api_project", pk_of,                  "all       none      none      none      none      none      moved"),
    ("get share_picture", pk_of,                "all       none      none      none      none      none      moved"),
    ("get confirm", confirmation_of,            "all       gone      gone      gone      gone      gone      gone"),
    ("get picture", picture_of,                 "all       own*      seen*     seen*     seen*     seen*     seen*"),
    ("get attachment", paper_of,                "all       own*      seen*     seen*     seen*     seen*     seen*"),
    ("get preview", pk_of,                      "people    own       seen      seen      seen      seen      seen"),
    ("get task_list", pk_of,                    "own       own       own       own       own       own       own"),
    ("get part", part_of,                       "tasks     own       own       tasks     tasks     tasks     tasks"),
    ("get part_pictures", pk_of,                "tasks     own       own       tasks     tasks     tasks     tasks"),
    ("get check", pk_of,                        "tasks     own       own       tasks     tasks     tasks     tasks"),
    ("get send", pk_of,                         "tasks     tasks     tasks     tasks     tasks     tasks     tasks"),
    ("get delete_draft", pk_of,                 "nobody    own       nobody    nobody    nobody    nobody    nobody"),
    ("get text_versions", pk_of,                "own       nobody    nobody    nobody    nobody    nobody    nobody"),
    ("get text_version", english,               "own       nobody    nobody    nobody    nobody    nobody    nobody"),
    ("get adopt", of,                           "people    nobody    nobody    nobody    nobody    nobody    to_kept"),
    ("get state_adoption", of,                  "others    nobody    nobody    nobody    nobody    nobody    to_kept"),
    ("get project_adoptions", pk_of,            "seen      nobody    nobody    nobody    nobody    seen      seen"),
    ("post remember", part_of,                  "too_late  typed     typed     too_late  too_late  too_late  too_late"),
    ("post revise", pk_of,                      "done      nobody    nobody    nobody    nobody    nobody    nobody"),
    ("post confirm_own", pk_of,                 "done      nobody    nobody    nobody    nobody    nobody    nobody"),
    ("post interest", of,                       "by_other  nobody    nobody    nobody    nobody    nobody    nobody"),
    ("post remove_text_version", english,       "done      nobody    nobody    nobody    nobody    nobody    nobody"),
    ("get admin:projects_project_review", pk_of,"desk      not_desk  desk      desk      desk      desk      desk"),
]
# fmt: on
# Their number is that of a municipality's statement, a Gesuch, an entry of the register, a membership.
ABOUT_OTHERS = {
    f"projects:{name}"
    for name in (
        "adoption withdraw_adoption enquiry answer_enquiry edit_enquiry extend_enquiry end_enquiry "
        "shared_obstacle shared_obstacle_without_slug end_own_membership person funding_source"
    ).split()
}


@pytest.mark.check("S01")
@pytest.mark.parametrize(("address", "arguments", "answers"), ROWS, ids=[address for address, *_rest in ROWS])
def test_address_answers_as_the_status_of_its_project_wants(world, address, arguments, answers):
    method, name = parts_of(address)
    expected, found = {}, {}
    for answer, states in zip(answers.split(), COLUMNS.values(), strict=True):
        for state in states:
            expected[state] = dict(zip(VISITORS, ANSWERS[answer], strict=True))
            with zeal_ignore():
                path = reverse(name, kwargs=arguments(state)(world))
            found[state] = {visitor: status_of(world, visitor, method, path) for visitor in VISITORS}
    assert found == expected


def parts_of(address: str) -> tuple[str, str]:
    """The method, and the name with its namespace."""
    method, name = address.split()
    return method, name if ":" in name else f"projects:{name}"


def status_of(world: World, visitor: str, method: str, path: str) -> int:
    """What one visitor gets; what a sent form changes is taken back."""
    with transaction.atomic() if method == "post" else nullcontext():
        response = getattr(world.clients[visitor], method)(path)
        response.getvalue()  # read to its end: files are closed by that
        if method == "post":
            transaction.set_rollback(True)
    return response.status_code


@pytest.mark.check("S01")
def test_every_address_about_a_project_has_a_row():
    names = {name for name, *_rest in READING}  # test_access.py sees that all are there
    known = {parts_of(address)[1] for address, *_rest in ROWS} | ABOUT_OTHERS
    assert names >= ABOUT_OTHERS
    assert {name for name in names if names_a_row(name)} - known == set()


@pytest.mark.check("S01")
def test_every_status_has_a_column(world):
    """Of projects and of working copies, each reached as people reach it."""
    in_columns = [state for states in COLUMNS.values() for state in states]
    assert sorted(in_columns) == sorted(WAYS)
    projects = [getattr(world, state) for state in WAYS]
    assert {project.status for project in projects if not project.revises_id} == set(Status) - {Status.MERGED}
    assert {project.status for project in projects if project.revises_id} == set(workflow.COPY_TRANSITIONS)
