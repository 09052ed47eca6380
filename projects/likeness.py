"""„Kommunen wie meine“ for projects: whose projects count as comparable, and in which order they come."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.profiles import CODES
from municipalities.similarity import Match, space
from municipalities.similarity_weights import GROUPS, PREFIX, VIEW_PARAMETER, VIEWS, Weights

from .labels import COUNTY_KEY_LENGTH, Body, Labels

# Two bodies picked at random reach about 60 percent in the overall view, so less than that says nothing, and 70 means
# that they agree in most of what counts. That leaves 26 bodies to Hildesheim and 320 to Bremervörde, and none to
# Hannover, which is honest: there is no second one, and a fixed number of nearest bodies would call the fiftieth of
# Hannover comparable. Who finds nothing is led to the lower steps; 0 takes all that can be compared at all.
DEFAULT_MINIMUM = 70
MINIMUMS: Mapping[int, str | Promise] = {
    80: gettext_lazy("mindestens 80\u00a0% ähnlich"),
    70: gettext_lazy("mindestens 70\u00a0% ähnlich"),
    60: gettext_lazy("mindestens 60\u00a0% ähnlich"),
    0: gettext_lazy("alle, die ähnlichsten zuerst"),
}
MINIMUM_PARAMETER = "like_min"
WEIGHT_PARAMETERS = tuple(PREFIX + name for name in (*GROUPS, *CODES))
PARAMETERS = ("like", MINIMUM_PARAMETER, VIEW_PARAMETER, *WEIGHT_PARAMETERS)
JOINT_KEY_LENGTH = 9
# A value that no project has: a facet without any chosen value would not restrict.
NOBODY = "nobody"


@dataclass(frozen=True)
class Likeness:
    """How alike all bodies are to one.

    Left out are the body itself, its own Samtgemeinde and its own members: whoever asks knows their projects.
    """

    body: Body
    weights: Weights
    labels: Labels

    @cached_property
    def matches(self) -> list[Match]:
        """All comparable bodies, the most alike first."""
        return space(self.labels.register).ranking(self.body.key, self.weights, related=False)

    @cached_property
    def _by_key(self) -> Mapping[str, Match]:
        return {match.key: match for match in self.matches}

    def match_of(self, lead: str) -> Match | None:
        """How alike the body with this key is, or what became of it; None for one that cannot be compared."""
        body = self.labels.bodies.get(lead)
        return self._by_key.get(self.labels.todays(body).key) if body else None

    def best(self, led: Collection[str]) -> int:
        """Similarity in percent of the most alike body of which one of these keys is the lead of a project; or 0."""
        return next((similarity for similarity, keys in self._steps if not keys.isdisjoint(led)), 0)

    def leads(self, minimum: int) -> frozenset[str]:
        """Keys that a comparable project may have as its lead: those of the bodies, and of closed ones merged there."""
        return frozenset({NOBODY}.union(*(keys for similarity, keys in self._steps if similarity >= minimum)))

    def in_order(self) -> Iterator[frozenset[str]]:
        """The same keys in the order of similarity; bodies that are equally alike stand together."""
        return (keys for _similarity, keys in self._steps)

    @cached_property
    def _steps(self) -> list[tuple[int, frozenset[str]]]:
        former = self.labels.former
        steps = []
        for _distance, equals in groupby(self.matches, key=lambda match: match.distance):
            matches = list(equals)
            keys = {key for match in matches for key in (match.key, *former.get(match.key, ()))}
            steps.append((matches[0].similarity, frozenset(keys)))
        return steps

    @property
    def is_county_level(self) -> bool:
        return len(self.body.key) == COUNTY_KEY_LENGTH

    @property
    def view_label(self) -> str | Promise:
        return VIEWS[self.weights.view].label


def find(body: Body, weights: Weights, labels: Labels) -> Likeness | None:
    """The likeness of all bodies to this one or, if it was closed, to its successor; None if it is not compared."""
    today = labels.todays(body)
    if today.key not in space(labels.register):
        return None
    return Likeness(today, weights, labels)


def above(like: Likeness) -> list[Likeness]:
    """The same for the Samtgemeinde and the county of a municipality: they do what its own level leaves to them."""
    key = like.body.key
    keys = [key[:length] for length in (JOINT_KEY_LENGTH, COUNTY_KEY_LENGTH) if length < len(key)]
    bodies = [like.labels.bodies[above] for above in keys if above in like.labels.bodies]
    return [found for body in bodies if (found := find(body, like.weights, like.labels))]


def not_compared(body: Body) -> str:
    """The sentence for a body without a likeness."""
    gone = _("„%(name)s“ gibt es nicht mehr, und eine Nachfolgerin ist nicht bekannt.")
    uninhabited = _("„%(name)s“ ist keine Gemeinde und wird deshalb nicht verglichen.")
    return (gone if body.is_closed else uninhabited) % {"name": body.display_name}
