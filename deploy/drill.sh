#!/bin/sh
# Restores the newest backup into a PostgreSQL and a folder of its own, compares all sums and asks the restored portal
# for pages. Touches neither the running database nor its files. Usage: mosaik-drill [BACKUP_DIR]; status 0 means equal.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$here/.venv/bin/python}
backups=${1:-${BACKUP_DIR:?BACKUP_DIR oder einen Ordner angeben}}

export STATIC_ROOT="${STATIC_ROOT:-${STATE_DIR:-$here/var}/static}" # only read
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mosaik-drill.XXXXXX")
chmod 711 "$scratch" # root gives the database to another account, which has to get in
export STATE_DIR="$scratch"
finish() {
	"$python" "$here/tools/postgres.py" stop >/dev/null 2>&1 || echo "Die Übungsdatenbank läuft noch: $scratch" >&2
	rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

cd "$here"
# Nothing of the running portal may be reached from here on, not its databases, files or mail server.
unset DATABASE_URL_FILE REPLICA_DATABASE_URL REPLICA_DATABASE_URL_FILE PGHOST PGDATABASE
unset MEDIA_ROOT S3_BUCKET S3_BUCKET_FILE EMAIL_HOST_FILE EMAIL_HOST_PASSWORD_FILE
DATABASE_URL=$("$python" tools/postgres.py start)
export DATABASE_URL EMAIL_HOST="" LOG_LEVEL=WARNING
"$python" manage.py restore "$backups"
"$python" manage.py migrate --check >/dev/null 2>&1 ||
	echo "Hinweis: Die Sicherung ist aus einer früheren Version; nach dem Zurückspielen ist mosaik migrate nötig."
"$python" manage.py migrate --no-input >/dev/null
"$python" manage.py shell --no-imports -c '
from django.conf import settings
from django.test import Client
from projects.models import Project

client = Client(headers={"Host": settings.ALLOWED_HOSTS[0], "X-Forwarded-Proto": "https"})
pages = ["/", "/projekte/", "/kommunen/"] + [one.get_absolute_url() for one in Project.objects.published()[:1]]
answers = {page: client.get(page, secure=settings.IS_HTTPS).status_code for page in pages}
assert set(answers.values()) == {200}, answers
'
echo "Die Übung ist gelungen: $backups lässt sich zurückspielen."
