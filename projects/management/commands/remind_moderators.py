"""Reminds the moderators of what waits for too long. Meant to run every night; each gets one letter a week."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from projects import access, emails
from projects.models import Adoption, Enquiry, Project, Status

DAYS = 7


class Command(BaseCommand):
    help = "Erinnert die Moderation an das, was seit mehr als sieben Tagen wartet."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        year, week, _day = timezone.localtime(now).isocalendar()
        late = Project.objects.filter(status=Status.SUBMITTED, submitted_at__lt=now - timedelta(days=DAYS))
        late = list(late.select_related("lead").prefetch_related("approvals").order_by("submitted_at", "pk"))
        since = now - timedelta(days=DAYS)
        others = Adoption.objects.waiting().filter(changed_at__lt=since).count()
        others += Enquiry.objects.waiting().filter(created_at__lt=since).count()
        letters = 0
        for moderator in emails.moderators() if late or others else ():
            host = access.host_of(moderator)
            # With two keys, a host that has said yes waits like everybody else.
            own = [project for project in late if host not in {approval.host for approval in project.approvals.all()}]
            if own or others:
                letters += emails.waiting_reminder(moderator, own, week=f"{year}-{week:02d}", days=DAYS, others=others)
        self.stdout.write(f"Erinnerungen: {letters}")
