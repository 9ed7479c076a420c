#!/bin/bash
# Stand-in for the entry point of the official postgres image: makes the cluster once from
# POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, runs /docker-entrypoint-initdb.d, then the server.
set -euo pipefail

[ "${1#-}" = "$1" ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ "$(id -u)" = 0 ]; then
	install -d -o postgres -g postgres -m 0700 "$PGDATA"
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	: "${POSTGRES_PASSWORD:?is not set}"
	mkdir -p "$PGDATA"
	initdb -D "$PGDATA" --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
	printf '\nhost all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
	pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
	sql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$user" --no-password)
	if [ "$database" != postgres ]; then
		"${sql[@]}" --dbname postgres -v db="$database" <<< 'CREATE DATABASE :"db"'
	fi
	for file in /docker-entrypoint-initdb.d/*; do
		case $file in
		*.sh) bash "$file" ;;
		*.sql) "${sql[@]}" --dbname "$database" -f "$file" ;;
		esac
	done
	pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
