# shellcheck shell=bash
# commands.sh: the words of ./sandbox, built from services.sh and packages.sh.

need_built() { [ -x "$TASKLAB" ] || die "nothing is built yet" "run: ./sandbox up"; }

build() {
	cmake --preset release -S "$ROOT" -DTASKLAB_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$APP" &&
		cmake --build "$ROOT/build/release" &&
		cmake --install "$ROOT/build/release"
}

# What Prometheus, Alertmanager and Grafana read, copied to where their user can read it.
configure() {
	rm -rf "$STATE/prometheus" "$STATE/grafana"
	cp -r "$ROOT/prometheus" "$STATE/prometheus"
	mkdir -p "$STATE/grafana" "$STATE/data/prometheus" "$STATE/data/alertmanager" "$STATE/data/grafana"
	cp -r "$ROOT/grafana/dashboards" "$ROOT/grafana/provisioning" "$STATE/grafana/"
	write_targets
	chmod -R a+rX "$STATE/prometheus" "$STATE/grafana" "$APP"
	[ "$(id -u)" -ne 0 ] || chown -R postgres: "$STATE/data"
}

# One list of targets a job; prometheus.yml names the files, labels are those of the compose stack.
write_targets() {
	local row name instance port
	rm -rf "$STATE/prometheus/targets"
	mkdir -p "$STATE/prometheus/targets"
	for row in tasklab:app:$API_PORT load:load:$LOAD_PORT postgres:db:$EXPORTER_PORT \
		prometheus:prometheus:$PROMETHEUS_PORT alertmanager:alertmanager:$ALERTMANAGER_PORT \
		grafana:grafana:$GRAFANA_PORT; do
		IFS=: read -r name instance port <<<"$row"
		[ "$name" != grafana ] || grafana_binary >/dev/null 2>&1 || continue
		printf -- '- targets: ["127.0.0.1:%s"]\n  labels: {instance: %s}\n' "$port" "$instance" \
			>"$STATE/prometheus/targets/$name.yml"
	done
}

prepare_database() {
	superuser_psql -d postgres -f "$ROOT/tools/postgres/init.sql"
	"$TASKLAB" migrate up
}

# The settings file is included, not copied into, postgresql.conf: so an edit of it takes effect.
include_settings() {
	grep -q "tasklab.conf" "$STATE/pg/postgresql.conf" ||
		echo "include = '$STATE/tasklab.conf'" >>"$STATE/pg/postgresql.conf"
}

free_ports() {
	local name port
	for name in postgres:$POSTGRES_PORT app:$API_PORT load:$LOAD_PORT exporter:$EXPORTER_PORT \
		alertmanager:$ALERTMANAGER_PORT prometheus:$PROMETHEUS_PORT; do
		port=${name#*:}
		if ! running "${name%:*}" && port_taken "$port"; then
			die "port $port, for ${name%:*}, is taken by another program" \
				"see who: ss -ltnp 'sport = :$port'" \
				"or choose another: $(port_variable "${name%:*}")=$((port + 1000)) ./sandbox up"
		fi
	done
}
port_variable() {
	case $1 in
	app) echo SANDBOX_API_PORT ;;
	*) echo "SANDBOX_$(echo "$1" | tr '[:lower:]' '[:upper:]')_PORT" ;;
	esac
}

# start_service NAME: starts it unless it runs, and waits until it answers.
start_service() {
	running "$1" || "start_$1"
	if ! wait_for 120 "$1" service_ready_or_dead "$1" || ! running "$1"; then
		tail -n 20 "$STATE/log/$1.log" >&2
		return 1
	fi
}
service_ready_or_dead() { "ready_$1" || ! running "$1"; }

start_all() {
	local name
	step "postgres starts" start_service postgres
	step "schema up to date" prepare_database
	if [ -t 1 ]; then "$TASKLAB" seed --scale "$SCALE" || exit 1; else step "data ($SCALE)" "$TASKLAB" seed --scale "$SCALE"; fi
	for name in app load exporter alertmanager; do
		step "$name starts" start_service "$name"
	done
	step "prometheus starts, every target up" start_service prometheus
	if grafana_binary >/dev/null 2>&1; then
		step "grafana starts" start_service grafana
	fi
	step "every dashboard query has data" wait_for 120 "data for every dashboard query" \
		"$ROOT/tools/dashboard-queries" "http://127.0.0.1:$PROMETHEUS_PORT"
}

cmd_up() {
	YES=no SCALE=small RATE=20
	local from
	while [ $# -gt 0 ]; do
		case $1 in
		--yes | -y) YES=yes ;;
		--scale) SCALE=${2:?--scale needs a value} && shift ;;
		--scale=*) SCALE=${1#*=} ;;
		--rate) RATE=${2:?--rate needs a value} && shift ;;
		--rate=*) RATE=${1#*=} ;;
		*) die "up: unknown option $1" "see: ./sandbox help" ;;
		esac
		shift
	done
	case $SCALE in small | medium | large) ;; *) die "up: --scale is small, medium or large, not $SCALE" ;; esac
	say "${BOLD}Tasklab$PLAIN"
	install_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
	make_state
	free_ports
	step "build" build
	from=$(now_ms)
	sandbox_env
	step "database cluster" init_postgres
	include_settings
	configure
	start_all
	printf '\n%sReady%s after %s.\n\n' "$BOLD$GREEN" "$PLAIN" "$(since "$from")"
	print_places
}

print_places() {
	local api=http://127.0.0.1:$API_PORT prometheus=http://127.0.0.1:$PROMETHEUS_PORT
	printf '  %-14s %s\n' "API" "$api/api/v1/tasks?limit=5" "Metrics" "$api/metrics" \
		"Prometheus" "$prometheus" "Alertmanager" "http://127.0.0.1:$ALERTMANAGER_PORT"
	if grafana_binary >/dev/null 2>&1; then
		printf '  %-14s %s\n' "Grafana" "http://127.0.0.1:$GRAFANA_PORT (anonymous viewer; admin/$DEMO_PASSWORD)"
	else
		printf '  %-14s %s\n' "Grafana" "not installed: with Docker, docker compose up shows the dashboards;" \
			"" "or install Grafana and run ./sandbox up again; or draw the queries at" \
			"" "$prometheus/query (the panels' queries are in grafana/dashboards/)"
	fi
	printf '  %-14s %s\n' "PostgreSQL" "./sandbox psql" \
		"" "psql 'postgresql://tasklab:$DEMO_PASSWORD@127.0.0.1:$POSTGRES_PORT/tasklab'" \
		"First lab" "./sandbox lab run missing-index" \
		"" "(where a text says \"tasklab lab ...\", type ./sandbox lab ...)" "Stop" "./sandbox down"
}

cmd_down() {
	local i
	[ -d "$STATE" ] || { say "nothing runs"; return 0; }
	for ((i = ${#SERVICES[@]} - 1; i >= 0; i--)); do
		if running "${SERVICES[i]}"; then
			step "${SERVICES[i]} stops" "stop_${SERVICES[i]}"
		fi
	done
}

cmd_status() {
	local name state where all=0
	[ -d "$STATE" ] || { say "nothing is set up yet: ./sandbox up"; return 3; }
	printf '%s%-14s %-10s %-8s %s%s\n' "$BOLD" SERVICE STATE PID ADDRESS "$PLAIN"
	for name in "${SERVICES[@]}"; do
		case $name in
		postgres) where=127.0.0.1:$POSTGRES_PORT ;;
		app) where=http://127.0.0.1:$API_PORT ;;
		load) where=http://127.0.0.1:$LOAD_PORT/metrics ;;
		exporter) where=http://127.0.0.1:$EXPORTER_PORT/metrics ;;
		alertmanager) where=http://127.0.0.1:$ALERTMANAGER_PORT ;;
		prometheus) where=http://127.0.0.1:$PROMETHEUS_PORT ;;
		grafana) where=http://127.0.0.1:$GRAFANA_PORT ;;
		esac
		if running "$name"; then
			if "ready_$name" >/dev/null 2>&1; then state=ready; else state=starting all=3; fi
			printf '%-14s %-10s %-8s %s\n' "$name" "$state" "$(pid_of "$name")" "$where"
		elif [ "$name" = grafana ] && ! grafana_binary >/dev/null 2>&1; then
			printf '%-14s %-10s\n' "$name" "not installed"
		else
			printf '%-14s %-10s\n' "$name" stopped
			all=3
		fi
	done
	return $all
}

cmd_logs() {
	local follow=() names=()
	while [ $# -gt 0 ]; do
		case $1 in
		-f | --follow) follow=(-F) ;;
		*)
			[ -f "$STATE/log/$1.log" ] || die "no log of \"$1\"" "services: ${SERVICES[*]}"
			names+=("$STATE/log/$1.log")
			;;
		esac
		shift
	done
	if [ ${#names[@]} -eq 0 ]; then
		local name
		for name in "${SERVICES[@]}"; do
			[ ! -f "$STATE/log/$name.log" ] || names+=("$STATE/log/$name.log")
		done
	fi
	[ ${#names[@]} -gt 0 ] || die "there are no logs yet" "run: ./sandbox up"
	tail -n 50 "${follow[@]}" "${names[@]}"
}

cmd_psql() {
	running postgres || die "the sandbox's PostgreSQL does not run" "run: ./sandbox up"
	# In the environment, so that -d names another database of the same server: a lab's.
	PGHOST=127.0.0.1 PGPORT=$POSTGRES_PORT PGUSER=tasklab PGPASSWORD=$DEMO_PASSWORD PGDATABASE=tasklab exec psql "$@"
}

cmd_reset() {
	YES=no
	local was_up=no
	case ${1:-} in --yes | -y) YES=yes ;; '') ;; *) die "reset: unknown option $1" ;; esac
	[ -d "$STATE" ] || { say "there is nothing to reset"; return 0; }
	confirm "Throw away the sandbox's database, metrics and labs?" || die "nothing was changed"
	if any_running; then was_up=yes; fi
	cmd_down
	rm -rf "$STATE" "$STATE_LINK"
	ok "the data is gone"
	if [ $was_up = yes ]; then cmd_up --yes; else say "start anew with: ./sandbox up"; fi
}

cmd_doctor() {
	need_built
	local missing
	missing=$(missing_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" | tr '\n' ' ')
	if [ -n "$missing" ]; then
		warn "missing packages: $missing(./sandbox up installs them)"
	fi
	cmd_tasklab doctor "$@"
}

# A word that is not the script's own: to tasklab, here or in the compose stack's container.
cmd_tasklab() {
	if [ -x "$TASKLAB" ] && { any_running || ! compose_runs; }; then
		sandbox_env
		exec "$TASKLAB" "$@"
	fi
	if compose_runs; then
		local tty=()
		[ -t 0 ] && [ -t 1 ] || tty=(-T)
		exec docker compose -f "$ROOT/compose.yaml" exec "${tty[@]}" app tasklab "$@"
	fi
	die "nothing is built yet" "run: ./sandbox up (or docker compose up)"
}
compose_runs() {
	command -v docker >/dev/null &&
		[ -n "$(docker compose -f "$ROOT/compose.yaml" ps -q --status running app 2>/dev/null)" ]
}
