"""Settings of the test suite: the portal's own, with an environment that works without any preparation."""

import os
from pathlib import Path

from tools.postgres import test_cluster

DEFAULTS = {
    "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 4,
    "SITE_URL": "http://testserver",
    "LOG_LEVEL": "CRITICAL",
    "TEST_RUN": str(os.getpid()),
}
for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)
if not any(os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE", "PGHOST")):
    # Parallel workers inherit the address from the first process.
    cluster = test_cluster()
    cluster.hold()
    os.environ["DATABASE_URL"] = cluster.start()

from integration_portal.settings import *  # noqa: E402, F403 - needs the environment above
from integration_portal.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, STORAGES  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
# Loops are counted anew for each request: two requests of one test are no loop. Logging in reads the session twice.
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_ALLOWLIST = [{"model": "sessions.Session", "field": "*"}]
# Several runs may share a cluster: each has databases of its own.
DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ['TEST_RUN']}_{DATABASES['default']['NAME']}"}
DATABASES["default"]["OPTIONS"].pop("pool", None)  # its threads would keep the test database from being dropped
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests read the style sheets where they lie; only the server needs the collected and compressed ones.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = Path(__file__).parent  # exists, so that WhiteNoise does not warn; nothing is served from it
