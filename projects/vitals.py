"""What has to be watched while the portal runs: numbers out of the database, for metrics and for the desk."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, Sum
from django.utils import timezone

from .models import BarrierReport, FruitlessSearch, IndexVersion, Letter, LinkCheck, Project, Status

Numbers = dict[str, float]
BACKUP_OLD = timedelta(hours=36)  # every night, and one of them may fail by an afternoon's repair


def last_backup() -> datetime | None:
    """When a backup last succeeded, whichever tool made it."""
    try:
        seconds = settings.LAST_BACKUP.stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(seconds, tz=timezone.get_current_timezone())


def is_backup_old(now: datetime) -> bool:
    """Whether there is none, or none of the last night."""
    moment = last_backup()
    return moment is None or now - moment > BACKUP_OLD


def _age(moment: datetime | None) -> float:
    """Seconds since then; 0 where nothing waits."""
    return max(0.0, (timezone.now() - moment).total_seconds()) if moment else 0.0


def _letters() -> Numbers:
    due = Letter.objects.due(timezone.now())
    return {
        "letters_due": due.count(),
        "letters_oldest_due_seconds": _age(due.order_by().aggregate(oldest=Min("send_after"))["oldest"]),
        "letters_given_up": Letter.objects.dead().count(),
    }


def _queue() -> Numbers:
    waiting = Project.objects.filter(status=Status.SUBMITTED)
    return {
        "projects_waiting": waiting.count(),
        "projects_oldest_waiting_seconds": _age(waiting.aggregate(oldest=Min("submitted_at"))["oldest"]),
        "projects_published": Project.objects.published().count(),
        "barrier_reports_open": BarrierReport.objects.filter(is_done=False).count(),
    }


def _search() -> Numbers:
    today = FruitlessSearch.objects.filter(day=timezone.localdate())
    version = IndexVersion.objects.values_list("version", flat=True).first()
    return {
        "searches_without_result_today": today.aggregate(times=Sum("times"))["times"] or 0,
        "index_version": version or 0,
    }


def _backup() -> Numbers:
    """0 where there was none: then its age is enormous, and the alarm rings as it should."""
    moment = last_backup()
    return {"last_backup_timestamp_seconds": moment.timestamp() if moment else 0}


def numbers() -> Numbers:
    """All of them, under the names that /metrics gives them."""
    return {**_letters(), **_queue(), **_search(), "dead_links": LinkCheck.objects.dead().count(), **_backup()}
