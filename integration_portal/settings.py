"""Settings, all read from the environment; required values fail loudly, secrets may come from files (`X_FILE`)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import bucket, database_from_url, env, env_amount, env_number, json_logging

BASE_DIR = Path(__file__).resolve().parent.parent

# --- where this portal lives ---
DEBUG = env("DEBUG", "0") == "1"
SECRET_KEY = env("SECRET_KEY")
SITE_URL = env("SITE_URL").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname or _site.path:
    raise ImproperlyConfigured("SITE_URL must look like https://mosaik.example.org, without a path.")
IS_HTTPS = _site.scheme == "https"
# Whoever starts it at home types either name of their own machine.
_own_names = ["127.0.0.1", "localhost"] if _site.hostname in ("127.0.0.1", "localhost") else [_site.hostname]
ALLOWED_HOSTS = [name for name in env("ALLOWED_HOSTS", ",".join(_own_names)).split(",") if name]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

ROOT_URLCONF = "integration_portal.urls"
WSGI_APPLICATION = "integration_portal.wsgi.application"

INSTALLED_APPS = [
    "integration_portal.apps.PortalConfig",
    "projects",
    "municipalities",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "integration_portal.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "integration_portal.middleware.refuse_broken_input",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "integration_portal.middleware.language_of_address",
    "integration_portal.caching.caching",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "integration_portal.middleware.AuthenticationMiddleware",
    "integration_portal.middleware.session_lifetime",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "integration_portal.middleware.second_factor",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "integration_portal.accounts.visitor",  # last: takes the session away from visitors without one
            ],
        },
    }
]

# --- database ---
# For web requests; manage.py lifts it, because imports and migrations may take their time.
_statement_ms = env_number("STATEMENT_TIMEOUT_MS", 4000)
_lock_ms = min(_statement_ms, 2000)  # leaves time to keep what was typed and to say so within five seconds
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **(
            database_from_url(env("DATABASE_URL"))
            if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")
            else {"NAME": env("PGDATABASE", "integrationsmosaik")}
        ),
        "CONN_HEALTH_CHECKS": True,  # connections of before a restart of the database are not handed out
        "OPTIONS": {
            # One connection for each thread of a worker. Giving up early on a lost database matters twice: a visitor
            # gets the 503 page soon, and the pool asks again soon instead of waiting longer and longer.
            "pool": {"min_size": 1, "max_size": env_number("DATABASE_POOL", 4), "timeout": 2, "reconnect_timeout": 2},
            "connect_timeout": 3,
            "application_name": "integrationsmosaik",
            "options": f"-c statement_timeout={_statement_ms} -c lock_timeout={_lock_ms}",
        },
    }
}
# A copy for readers without an account; off unless it is named. It has no pool: a pool would wait for one that is away.
if os.environ.get("REPLICA_DATABASE_URL") or os.environ.get("REPLICA_DATABASE_URL_FILE"):
    DATABASES["replica"] = {
        **DATABASES["default"],
        **database_from_url(env("REPLICA_DATABASE_URL"), "REPLICA_DATABASE_URL"),
        "CONN_MAX_AGE": 600,
        "OPTIONS": {key: value for key, value in DATABASES["default"]["OPTIONS"].items() if key != "pool"},
    }
    DATABASE_ROUTERS = ["integration_portal.replica.Router"]
    MIDDLEWARE.append("integration_portal.replica.read_from_replica")  # innermost
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by all workers, or limits of attempts would multiply; 300 entries (Django's) let anybody push the counts out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# --- people ---
AUTH_USER_MODEL = "municipalities.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "integration_portal.passwords.PortalWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:account"
LOGOUT_REDIRECT_URL = "projects:home"
ACCOUNT_ADAPTER = "integration_portal.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one counts once it is confirmed
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before sensitive steps, if the last time was more than five minutes ago
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser, at the latest as below
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
SIGNUP_OPEN = env("SIGNUP_OPEN", "1") == "1"
OFFICIAL_MAIL_DOMAINS = env("OFFICIAL_MAIL_DOMAINS", "")  # lines such as "034545407: soegel.de"; a hint, no right
ALLAUTH_TRUSTED_PROXY_COUNT = env_number("PROXY_COUNT", 0)
MFA_ADAPTER = "integration_portal.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # means a new address not yet confirmed; without a confirmed one nobody gets in
MFA_TOTP_ISSUER = "Integrationsmosaik"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS  # browsers themselves allow it on http://localhost only
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds; also the longest life of a session, however busy
SESSION_IDLE_SECONDS = 60 * 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # the default would set a second cookie

# --- what https demands and a browser would refuse over plain http ---
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # gone with the browser
CSRF_FAILURE_VIEW = "integration_portal.errors.csrf_failure"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
X_FRAME_OPTIONS = "DENY"
# Preloading binds the whole registered domain, so it is its owner's decision and not the portal's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# --- language, files, mail ---
LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English"), ("ar", "العربية"), ("uk", "Українська")]
CORE_LANGUAGES = {"ar", "uk"}  # readers' pages only; every other page of theirs leads to the English one
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

STATE_DIR = Path(env("STATE_DIR", str(BASE_DIR / "var")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", str(STATE_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "/medien/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", str(STATE_DIR / "media")))
ACCEL_PREFIX = env("ACCEL_PREFIX", "")  # "/intern/": nginx has the media folder there as an internal location
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_HANDLERS = ["integration_portal.uploads.BoundedUpload"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": bucket() or {"BACKEND": "projects.storage.AtomicFileSystemStorage"},
    "staticfiles": {"BACKEND": "integration_portal.storage.BundlingStorage"},
}
# Touched by every backup that succeeded, also by another tool's; the desk, metrics and checks read its age.
LAST_BACKUP = STATE_DIR / "last_backup"
BACKUP_DIR = Path(env("BACKUP_DIR", str(STATE_DIR / "backups")))
BACKUP_KEEP_DAYS = env_number("BACKUP_KEEP_DAYS", 30)
METRICS_TOKEN = env("METRICS_TOKEN", "")  # without it there are no metrics

EMAIL_HOST = env("EMAIL_HOST", "")
EMAIL_PORT = env_number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = not EMAIL_USE_SSL and env("EMAIL_USE_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mail"
# For trying the portal: letters are not sent but shown to everybody at /demo/briefe/. Never under a public address.
DEMO = env("DEMO", "0") == "1" and _site.hostname in ("127.0.0.1", "localhost")
if DEMO and not EMAIL_HOST:
    EMAIL_BACKEND = "projects.outbox.DemoBackend"

# Publishing takes an approval of a municipal umbrella association and one of the refugee council.
TWO_KEY_APPROVAL = env("TWO_KEY_APPROVAL", "0") == "1"
# What an hour of a volunteer counts in the evaluation, in euros, and where that figure comes from.
VOLUNTEER_HOUR_RATE = env_amount("VOLUNTEER_HOUR_RATE", "15")
VOLUNTEER_HOUR_SOURCE = env("VOLUNTEER_HOUR_SOURCE", "Rechenwert dieses Portals, kein amtlicher Satz")

# --- what only the operator knows; `check --deploy` refuses these placeholders ---
OPERATOR_NAME = env("OPERATOR_NAME", "[Name der Behörde]")
OPERATOR_ADDRESS = env("OPERATOR_ADDRESS", "[Straße und Hausnummer]\n[Postleitzahl und Ort]").replace("\\n", "\n")
OPERATOR_REPRESENTATIVE = env("OPERATOR_REPRESENTATIVE", "[Name der vertretungsberechtigten Person]")
OPERATOR_EMAIL = env("OPERATOR_EMAIL", "betreiber@example.org")
OPERATOR_PHONE = env("OPERATOR_PHONE", "[Telefonnummer]")
CONTENT_RESPONSIBLE = env("CONTENT_RESPONSIBLE", "[Name der verantwortlichen Person]")
DPO_EMAIL = env("DPO_EMAIL", "datenschutz@example.org")
ARBITRATION_URL = env("ARBITRATION_URL", "")  # page of the Schlichtungsstelle, if the operator names one
DCAT_CONTRIBUTOR_ID = env("DCAT_CONTRIBUTOR_ID", "")  # given by GovData to those who deliver to it
LOG_RETENTION_DAYS = env_number("LOG_RETENTION_DAYS", 14)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("DEFAULT_FROM_EMAIL", OPERATOR_EMAIL)

LOGGING = json_logging(env("LOG_LEVEL", "INFO"))
