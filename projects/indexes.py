"""Search and facets in step with what is published, always both; in the transaction of the change."""

from . import facets, search
from .models import Project


def update(*projects: Project) -> None:
    """Whatever became of these projects: what is not published leaves search and facets.

    The lock on the facets comes first, so that two changes of several projects wait for each other but never in a
    circle.
    """
    facets.lock()
    for project in projects:
        search.index_project(project)
        facets.index_project(project)
