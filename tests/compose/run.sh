#!/usr/bin/env bash
# run.sh: compose.yaml in a real Docker engine: everything healthy, traffic flowing, every panel with
# data, nothing lost over down and up, a lab in the container, no service with more rights than it needs.
#
# Where no registry of images can be reached (always, here: the result must not depend on it), Debian
# packages stand in under the names that compose.yaml pins (standins.sh); Grafana, which Debian does
# not package, is left out. Images are kept in TASKLAB_TEST_CACHE (~/.cache/tasklab) for the next run.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
[ "$(id -u)" -eq 0 ] || exec sudo --preserve-env=TASKLAB_TEST_CACHE "$HERE/run.sh" "$@"
cd "$ROOT"
# shellcheck source=tests/compose/engine.sh
. "$HERE/engine.sh"
# shellcheck source=tests/compose/standins.sh
. "$HERE/standins.sh"

CACHE=${TASKLAB_TEST_CACHE:-$HOME/.cache/tasklab}/compose
WORK=$(mktemp -d /tmp/tasklab-compose-XXXXXX)
ENGINE_PID=
HAD_CHAINS=
STAGE='' STAGE_FROM=0
mkdir -p "$CACHE"

# Ports of its own, so that a sandbox may run beside it.
export SANDBOX_API_PORT=27080 SANDBOX_POSTGRES_PORT=27432 SANDBOX_PROMETHEUS_PORT=27090
export SANDBOX_ALERTMANAGER_PORT=27093 SANDBOX_EXPORTER_PORT=27187
export COMPOSE_PROJECT_NAME=tasklab-test COMPOSE_FILE=$ROOT/compose.yaml:$HERE/override.yaml
export COMPOSE_TEST_TARGETS=$WORK/targets COMPOSE_ANSI=never COMPOSE_PROGRESS=plain
API=http://127.0.0.1:$SANDBOX_API_PORT
PROMETHEUS=http://127.0.0.1:$SANDBOX_PROMETHEUS_PORT

die() {
	echo "FAILED: $*" >&2
	exit 1
}

stage() { # stage TEXT: closes the stage before with its time
	local now
	now=$(date +%s)
	[ -z "$STAGE" ] || echo "== $STAGE: $((now - STAGE_FROM)) s"
	STAGE=$1 STAGE_FROM=$now
	[ -z "$1" ] || echo "== $1"
}

wait_for() { # wait_for SECONDS WHAT COMMAND...
	local deadline=$(($(date +%s) + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $deadline ] || { echo "waited in vain for $what" >&2; return 1; }
		sleep 0.2
	done
}

clean_up() {
	local status=$?
	trap - EXIT
	if [ -n "$ENGINE_PID" ]; then
		if [ $status -ne 0 ] && docker version >/dev/null 2>&1; then
			docker compose ps --all || true
			docker compose logs --tail 40 || true
		fi
		docker compose down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true
		engine_stop
	fi
	rm -rf "$WORK"
	exit $status
}

services() { docker compose config --services | grep -vx grafana; }
containers() { docker compose ps --quiet; }
sql() { docker compose exec -T db psql -X -A -t -v ON_ERROR_STOP=1 postgresql://tasklab:tasklab@127.0.0.1/tasklab -c "$1"; }
requests() { curl -fsS -m 5 "$API/metrics" | awk 'index($0, "http_requests_total{") == 1 { sum += $NF } END { printf "%d", sum }'; }

start_all() {
	# shellcheck disable=SC2046 # a list of names
	docker compose up --detach --wait --wait-timeout 180 $(services) >"$WORK/up.log" 2>&1 ||
		{ tail -n 30 "$WORK/up.log" >&2; die "docker compose up"; }
}

panels_have_data() {
	"$ROOT/tools/dashboard-queries" "$PROMETHEUS" \
		docker compose exec -T db psql postgresql://grafana:tasklab@127.0.0.1/tasklab >"$WORK/queries.log" 2>&1
}

# Ready as the design has it: healthy, every target up, every query with data.
assert_ready() { # assert_ready SECONDS
	local from=$1 health targets
	health=$(docker compose ps --format '{{.Service}} {{.Health}}' | grep -v ' healthy$' || true)
	[ -z "$health" ] || die "not healthy: $health"
	wait_for 120 "every target up" all_targets_up || { curl -sS "$PROMETHEUS/api/v1/targets" | jq -r '.data.activeTargets[] | "\(.labels.job) \(.health) \(.lastError)"'; die "a target is down"; }
	targets=$(curl -fsS "$PROMETHEUS/api/v1/targets?state=active" | jq '.data.activeTargets | length')
	[ "$targets" -eq 5 ] || die "$targets targets, 5 expected"
	wait_for 180 "data for every query" panels_have_data || { cat "$WORK/queries.log" >&2; die "a panel is empty"; }
	tail -n 1 "$WORK/queries.log"
	echo "number: ready with data on every query $(($(date +%s) - from)) s after docker compose up (60 s promised)"
	# A busy machine may take longer than it was promised for a quiet one.
	[ $(($(date +%s) - from)) -le 240 ] || die "more than four times the promised time"
}

all_targets_up() {
	curl -fsS -m 5 "$PROMETHEUS/api/v1/targets?state=active" |
		jq -e '.data.activeTargets | length > 0 and all(.health == "up")'
}

more_requests_than() { [ "$(requests)" -gt "$1" ]; }
watchdog_arrived() {
	curl -fsS -m 5 "http://127.0.0.1:$SANDBOX_ALERTMANAGER_PORT/api/v2/alerts" | jq -e 'any(.labels.alertname == "Watchdog")'
}

# Every service: a limit, no root, a read-only root, no capability, ports on loopback only.
assert_confined() {
	local id name limit pid total
	total=$(docker compose config --format json | jq '[.services[].mem_limit // error("no mem_limit") | tonumber] | add')
	echo "number: memory limits add up to $((total / 1048576)) MiB (2048 MiB allowed)"
	[ "$total" -le 2147483648 ] || die "memory limits add up to $total bytes"
	for id in $(containers); do
		name=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
		limit=$(docker inspect --format '{{.HostConfig.Memory}}' "$id")
		[ "$limit" -gt 0 ] || die "$name has no memory limit"
		docker inspect "$id" | jq -e '.[0].HostConfig | .ReadonlyRootfs and .CapDrop == ["ALL"]
			and (.SecurityOpt | any(startswith("no-new-privileges"))) and (.Privileged | not)' >/dev/null ||
			die "$name is not confined"
		docker inspect "$id" | jq -e '[.[0].HostConfig.PortBindings[]?[].HostIp] | all(. == "127.0.0.1")' >/dev/null ||
			die "$name is published beyond loopback"
		for pid in $(docker top "$id" -eo pid | tail -n +2); do
			[ "$(awk '$1 == "Uid:" { print $2 + 0 }' "/proc/$pid/status" 2>/dev/null || echo 1)" != 0 ] || die "$name runs as root"
		done
	done
	if docker compose exec -T app sh -c 'echo x > /usr/bin/x' 2>/dev/null; then die "app can write its root"; fi
	docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | sed 's/^/number: memory of /'
}

# Rows and a checksum of every table, whatever their order.
fingerprint() {
	sql "SELECT string_agg(format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %I t',
	            tablename, tablename), ' UNION ALL ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'" >"$WORK/fingerprint.sql"
	sql "$(cat "$WORK/fingerprint.sql")" | sort
}

assert_nothing_lost() {
	local task before after code
	task=$(curl -fsS -m 5 -H 'Content-Type: application/json' -d '{"project_id": 1, "title": "kept over down and up"}' "$API/api/v1/tasks" | jq -e .id) ||
		die "POST /api/v1/tasks"
	docker compose stop load app >/dev/null 2>&1
	for code in $(docker compose ps --all --quiet app load | xargs docker inspect --format '{{.State.ExitCode}}'); do
		[ "$code" = 0 ] || die "app and load exit with 0 at SIGTERM, not $code"
	done
	before=$(fingerprint)
	docker compose down >"$WORK/down.log" 2>&1 || { cat "$WORK/down.log"; die "docker compose down"; }
	[ -z "$(containers)" ] || die "down leaves containers"
	docker compose up --detach --wait db >"$WORK/up.log" 2>&1 || { cat "$WORK/up.log"; die "db does not come up again"; }
	after=$(fingerprint)
	[ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); die "down and up changed the data"; }
	echo "number: $(awk -F'|' '{ rows += $2 } END { print rows " rows in " NR }' <<<"$after") tables, the same after down and up"
	start_all
	[ "$(curl -fsS -m 5 "$API/api/v1/tasks/$task" | jq -r .title)" = "kept over down and up" ] || die "the task is gone"
}

# The collectors on this PostgreSQL: every group is fresh, and the service's own statements are found.
collectors_work() {
	curl -fsS -m 5 "$API/metrics" | awk '
		$1 ~ /^tasklab_collector_up/ { groups++; up += $2 }
		$1 ~ /^db_statement_calls_total/ && $2 > 0 { called++ }
		END { printf "number: %d of %d collected groups up, %d statements counted\n", up, groups, called
		      exit !(groups > 0 && up == groups && called > 5) }'
}

# Run on PostgreSQL 18: those whose lesson depends on its planner, and one over HTTP.
LABS=(missing-index composite-order low-cardinality-prefix hot-updates partition-pruning n-plus-one)
assert_lab_runs() {
	local slug
	for slug in "${LABS[@]}"; do
		docker compose exec -T app tasklab lab run "$slug" || die "lab run $slug"
	done
	[ -z "$(sql "SELECT datname FROM pg_database WHERE datname LIKE 'lab\\_%'")" ] || die "a lab left its database"
}

assert_quiet_logs() {
	local errors
	errors=$(docker compose logs --no-color --no-log-prefix db | grep -E ' (ERROR|FATAL|PANIC): ' || true)
	[ -z "$errors" ] || { echo "$errors" | head -n 20 >&2; die "errors in PostgreSQL's log"; }
}

trap clean_up EXIT
mkdir -p "$COMPOSE_TEST_TARGETS"
cp prometheus/targets/compose/*.yml "$COMPOSE_TEST_TARGETS/"
rm "$COMPOSE_TEST_TARGETS/grafana.yml"
chmod 755 "$WORK" "$COMPOSE_TEST_TARGETS"

stage "a private Docker engine"
engine_start
stage "stand-ins for the pinned images"
standins
stage "our own images"
docker compose build >"$WORK/build.log" 2>&1 || { tail -n 60 "$WORK/build.log" >&2; die "docker compose build"; }
docker image inspect tasklab:local tasklab-postgres:18.6 --format 'number: {{index .RepoTags 0}} has {{.Size}} bytes'
stage "Prometheus' own checks, in the pinned version"
docker run --rm --network none --volume "$ROOT/prometheus:/p:ro" --entrypoint promtool "$(docker compose config --format json | jq -r .services.prometheus.image)" \
	test rules /p/tests/service.yml /p/tests/watchdog.yml
stage "up: ready, with data on every query"
from=$(date +%s)
start_all
echo "number: healthy $(($(date +%s) - from)) s after docker compose up"
assert_ready "$from"
stage "traffic flows, alerts arrive"
wait_for 60 "traffic" more_requests_than $(($(requests) + 50)) || die "no traffic"
wait_for 120 "the watchdog in Alertmanager" watchdog_arrived || die "no alert arrives"
stage "collectors"
wait_for 90 "statements counted" collectors_work || die "a collector is down, or finds no statement"
collectors_work
stage "limits and rights"
assert_confined
stage "labs in the container"
assert_lab_runs
assert_quiet_logs
stage "down and up lose nothing"
assert_nothing_lost
assert_ready "$(date +%s)"
assert_quiet_logs
stage ""
echo "tests passed"
