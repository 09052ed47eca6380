"""`python -m bench.publish`: milliseconds of work of this process to publish one project, taken back again."""

import time
from statistics import median

import django

django.setup()

from django.db import transaction  # noqa: E402 - needs the apps

from projects import facets, indexes  # noqa: E402
from projects.models import Project, Stage  # noqa: E402

facets.current(facets.version())  # as in a process that has served somebody
spent = []
for project in Project.objects.published().order_by("-pk")[:9]:
    with transaction.atomic():
        project.title, project.stage = f"{project.title} neu", Stage.DISCONTINUED
        project.summary += " Ein Wort mehr."
        Project.objects.filter(pk=project.pk).update(title=project.title, stage=project.stage, summary=project.summary)
        began = time.process_time()
        indexes.update(project)
        spent.append(1000 * (time.process_time() - began))
        transaction.set_rollback(True)
print(f"{median(spent):.0f}")
