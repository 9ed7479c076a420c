#!/usr/bin/env bash
# seed_vs_copy.sh BINARY [small|medium|large [MAX]]: tasklab seed against a plain COPY of the same rows.
#
# Both fill the same empty tables (indexes and foreign keys in place) of a private PostgreSQL and
# gather statistics. The plain COPY reads files on the server, so no client is in its way. Prints
# "ratio seed-seconds copy-seconds" on standard output, what it does on standard error; fails when
# the ratio is above MAX.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BINARY=$(realpath "${1:?usage: seed_vs_copy.sh BINARY [small|medium|large [MAX]]}")
SCALE=${2:-medium}
MAX=${3:-inf}
TABLES=(users user_profiles projects project_members tags tasks task_tags comments task_events)

BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
HOME_DIR=$(mktemp -d "${TMPDIR:-/var/tmp}/tasklab-seed-XXXXXX")
AS=()
if [ "$(id -u)" = 0 ]; then
	chown postgres "$HOME_DIR"
	AS=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi

finish() {
	"${AS[@]}" "$BIN/pg_ctl" -D "$HOME_DIR/data" -m immediate -s stop 2>/dev/null || true
	rm -rf "$HOME_DIR"
}
trap finish EXIT
cd "$HOME_DIR"

# A Unix socket in a folder of its own: no port is taken. The port only names the socket.
export PGHOST=$HOME_DIR PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
"${AS[@]}" "$BIN/initdb" -D "$HOME_DIR/data" -U postgres --auth=trust --encoding=UTF8 \
	--locale=C.UTF-8 --no-sync >/dev/null
cat "$ROOT/tools/postgres/tasklab.conf" >>"$HOME_DIR/data/postgresql.conf"
"${AS[@]}" "$BIN/pg_ctl" -D "$HOME_DIR/data" -l "$HOME_DIR/log" -w -s \
	-o "-c listen_addresses= -c unix_socket_directories='$HOME_DIR'" start >/dev/null

sql() { PGOPTIONS='-c client_min_messages=warning' psql -X -q -v ON_ERROR_STOP=1 "$@"; }
joined() {
	local IFS=,
	echo "$*"
}
now() { date +%s.%N; }
between() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.2f", to - from }'; }

export TASKLAB_DATABASE_URL="host=$HOME_DIR port=5432 user=postgres dbname=postgres"
"$BINARY" migrate up >&2

# A first, unmeasured fill, so that neither side pays for making the files of the write-ahead log.
"$BINARY" seed --scale small --seed 2 >&2
sql -c CHECKPOINT
from=$(now)
"$BINARY" seed --scale "$SCALE" --reset >&2
seed_seconds=$(between "$from" "$(now)")

for table in "${TABLES[@]}"; do
	sql -c "COPY $table TO '$HOME_DIR/$table.copy'"
done
sql -c "TRUNCATE $(joined "${TABLES[@]}") RESTART IDENTITY CASCADE" -c CHECKPOINT
from=$(now)
for table in "${TABLES[@]}"; do
	sql -c "COPY $table FROM '$HOME_DIR/$table.copy'"
done
sql -c "ANALYZE $(joined "${TABLES[@]}")"
copy_seconds=$(between "$from" "$(now)")

echo "scale $SCALE: tasklab seed $seed_seconds s, plain COPY $copy_seconds s" >&2
awk -v seed="$seed_seconds" -v copy="$copy_seconds" -v max="$MAX" \
	'BEGIN { printf "%.3f %s %s\n", seed / copy, seed, copy; exit max != "inf" && seed / copy > max }'
