#!/bin/sh
# release.sh FOLDER [BACKUP]: makes the release in this folder ready, backs up, migrates and switches to it. Also for the
# first one. With BACKUP it is restored first, into an empty database and an empty media folder. While the portal is
# exchanged its socket stays open, so visitors wait for a few seconds and nobody sees an error. Whatever fails before
# the switch leaves the running release as it is.
set -eu

new=$(cd "${1:?Ordner des neuen Releases angeben}" && pwd)
home=/opt/integrationsmosaik
current=$home/current
case $new in
"$home"/releases/*) ;;
*)
	echo "Ein Release liegt unter $home/releases/, nicht in $new." >&2
	exit 1
	;;
esac
step() { printf '\n── %s\n' "$1"; }
mosaik() { RELEASE=$new "$new/deploy/mosaik" "$@"; }

step "Pakete (mit Prüfsummen aus requirements.txt)"
if ! [ -f "$new/.venv/complete" ]; then
	python3 -m venv --clear "$new/.venv"
	"$new/.venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		-r "$new/requirements.txt"
	"$new/.venv/bin/python" -m compileall -q "$new/integration_portal" "$new/municipalities" "$new/projects"
	touch "$new/.venv/complete"
fi

step "Sprachen bereitstellen"
mosaik compile_languages

step "Einstellungen prüfen"
mosaik check --deploy --fail-level WARNING

if [ -n "${2:-}" ]; then
	step "Sicherung zurückspielen"
	mosaik restore "$2"
elif [ -e "$current" ] && [ "$(readlink -f "$current")" != "$new" ]; then
	step "Sicherung vor dem Wechsel"
	mosaik backup
fi

step "Gestaltung bereitstellen (die Dateien des bisherigen Releases bleiben liegen)"
mosaik collectstatic --no-input --verbosity 0

step "Datenbank"
mosaik migrate --no-input --verbosity 1
mosaik createcachetable

step "Wechsel"
ln -sfn "$new" "$current.new"
mv -T "$current.new" "$current"
install -m 755 "$new/deploy/mosaik" /usr/local/sbin/mosaik
cp -r "$new"/deploy/systemd/. /etc/systemd/system/
if ! [ -d /run/systemd/system ]; then
	echo "Hier läuft kein systemd: Dienste bitte von Hand starten." >&2
	exit 0
fi
systemctl daemon-reload
systemctl enable --quiet --now integrationsmosaik-portal.socket
systemctl enable --quiet integrationsmosaik-portal.service integrationsmosaik-letters.service
systemctl restart integrationsmosaik-portal.service integrationsmosaik-letters.service

step "Antwortet das Portal?"
# shellcheck disable=SC1091 # written by the operator
host=$(. /etc/integrationsmosaik/env && echo "${SITE_URL#*://}")
for _ in $(seq 30); do
	said=$(curl --silent --max-time 20 --unix-socket /run/integrationsmosaik.sock "http://$host/readyz") || said=
	if [ "$said" = ok ]; then
		echo "Es läuft: $new"
		exit 0
	fi
	sleep 1
done
echo "Das Portal ist nicht bereit (${said:-keine Antwort}): journalctl -u integrationsmosaik-portal" >&2
exit 1
