"""The portal's own settings, with two more addresses to compare it with."""

from integration_portal.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
