"""How gunicorn serves the portal, at home and behind nginx: `gunicorn -c python:integration_portal.gunicorn`."""

import gc

from django.urls import get_resolver

from integration_portal import request_counts
from integration_portal.settings import LOGGING

wsgi_app = "integration_portal.wsgi"
worker_class = "gthread"
workers, threads = 2, 4
timeout = 30  # seconds until a worker that says nothing is replaced
graceful_timeout = 15
keepalive = 5
control_socket_disable = True  # nobody here uses it, and it would be one more way in
# Longer addresses are the portal's to refuse, in German; nginx has a limit of its own in front of it.
limit_request_line = 0
pre_fork, child_exit = request_counts.pre_fork, request_counts.child_exit
accesslog = None  # the portal writes a line for each request itself
logconfig_dict = {
    **LOGGING,
    "loggers": {**LOGGING["loggers"], "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}},
}


def post_worker_init(_worker: object) -> None:
    """What the code consists of is never garbage: to look through it again and again costs time.

    What a page leaves behind is, because Django's contexts refer to themselves. Without the code it is soon looked
    through, so it can be done often; otherwise megabytes of old pages wait for it.
    """
    get_resolver().url_patterns  # noqa: B018 - the last of the code, which the first reader would wait for
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 5, 5)
