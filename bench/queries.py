"""`python -m bench.queries PATH`: how many queries a warm page makes."""

import sys

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs the apps
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

settings.ALLOWED_HOSTS = ["testserver"]
client = Client()
b"".join(client.get(sys.argv[1]))
with CaptureQueriesContext(connection) as captured:
    b"".join(client.get(sys.argv[1]))
print(len(captured))
