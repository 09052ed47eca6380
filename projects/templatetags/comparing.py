"""What templates work out of a project to compare it with others."""

import re
from typing import Any

from django import template

from projects.insights import cost_per_person as costs

register = template.Library()


_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[%€]|km\b|Einwohner\b)")


@register.filter
def glue(text: str) -> str:
    """Keeps numbers and their units on one line."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


@register.simple_tag
def cost_per_person(project: Any) -> costs.CostPerPerson:
    """`{% cost_per_person project as cost %}`: what one reached person costs, or why nobody can say."""
    return costs.cost_per_person(project)
