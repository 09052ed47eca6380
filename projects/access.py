"""Who may see, edit, submit and moderate what: every rule once, asked by views, admin and workflow alike.

A municipality's drafts are nobody else's business: neither its county's nor the moderators'.
"""

from django.contrib.auth.models import AnonymousUser

from municipalities import people
from municipalities.models import Host, Membership, Municipality, MunicipalityQuerySet, Role, User

from .models import Project, Status
from .models.status import EDITABLE

Visitor = User | AnonymousUser


def municipalities_of(user: Visitor) -> MunicipalityQuerySet:
    """Bodies that the person may act for, also those that no longer exist but still have projects."""
    return Municipality.objects.acted_for_by(user)


def can_submit_for(user: Visitor, municipality: Municipality | None = None) -> bool:
    """Whether the person may begin a project for this municipality, or for any at all."""
    bodies = municipalities_of(user).with_projects_possible()
    return (bodies.filter(pk=municipality.pk) if municipality else bodies).exists()


def belongs_to(user: Visitor, project: Project) -> bool:
    """Whether the person acts for the municipality that leads the project, whatever its status."""
    return municipalities_of(user).filter(pk=project.lead_id).exists()


def can_edit(user: Visitor, project: Project) -> bool:
    """Whether the person may change the text now: their municipality's, and not yet or no longer with the moderators.

    A published project is not edited itself but through a working copy, see `can_revise`.
    """
    return project.status in EDITABLE and belongs_to(user, project)


def can_revise(user: Visitor, project: Project) -> bool:
    """Whether the person may open or continue a working copy of this published project."""
    return project.status == Status.PUBLISHED and belongs_to(user, project)


def can_see(user: Visitor, project: Project) -> bool:
    """Whether the person may read the project, its pictures and papers."""
    if project.status == Status.PUBLISHED or belongs_to(user, project):
        return True
    return project.status != Status.DRAFT and can_moderate(user)


def can_see_interests(user: Visitor, project: Project) -> bool:
    """Whether the person may read which municipalities think of taking the project over; readers see only how many."""
    return belongs_to(user, project) or can_moderate(user)


def can_moderate(user: Visitor) -> bool:
    """Whether the person works at the desk: moderators of a host, and administrators."""
    return user.is_authenticated and user.is_staff and people.belongs_to_desk(user)


def is_administrator(user: Visitor) -> bool:
    return user.is_active and user.is_superuser


def host_of(user: Visitor) -> str:
    """The host (a value of `Host`) that the person moderates for; "" for everybody else, also for administrators."""
    if not user.is_active:
        return ""
    granted = Membership.objects.granted().filter(user=user, role=Role.MODERATOR, host__in=Host.values)
    return granted.values_list("host", flat=True).first() or ""


def coordinated_by(user: Visitor) -> MunicipalityQuerySet:
    """Municipalities whose people this person looks after."""
    if not user.is_active:
        return Municipality.objects.none()
    granted = Membership.objects.granted().filter(user=user, role=Role.COORDINATOR)
    return Municipality.objects.filter(pk__in=granted.values("municipality"))


def can_manage_people(user: Visitor, membership: Membership) -> bool:
    """Whether the person may decide about this membership: grant, decline, change, end."""
    return user.is_active and people.may_decide(user, membership)
