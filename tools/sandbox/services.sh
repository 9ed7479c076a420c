# shellcheck shell=bash
# services.sh: the processes of the sandbox: one function each that starts it, one table of them.
#
# Each runs in a session of its own, with its output in log/NAME.log and "pid start-time" in
# run/NAME.pid, so that a reused pid is never taken for ours.

# In the order of starting; stopped in the reverse one.
SERVICES=(postgres app load exporter alertmanager prometheus grafana)

# As root PostgreSQL refuses to run, and the others have no need to: all run as user postgres.
DROP_ROOT=()
[ "$(id -u)" -ne 0 ] || DROP_ROOT=(setpriv --reuid=postgres --regid=postgres --init-groups)

# The state lies below the project, or, where user postgres cannot reach that (a clone in /root),
# in /var/tmp with a link to it.
make_state() {
	local parent
	parent=$(dirname "$STATE_LINK")
	mkdir -p "$parent"
	if [ ! -e "$STATE_LINK" ]; then
		rm -f "$STATE_LINK"
		if [ ${#DROP_ROOT[@]} -gt 0 ] && ! "${DROP_ROOT[@]}" test -x "$parent"; then
			ln -s "$(mktemp -d /var/tmp/tasklab-sandbox-XXXXXX)" "$STATE_LINK"
			chmod 755 "$(readlink "$STATE_LINK")"
		else
			mkdir "$STATE_LINK"
		fi
	fi
	find_state
	mkdir -p "$STATE/log" "$STATE/run"
	[ ${#DROP_ROOT[@]} -eq 0 ] || chown postgres: "$STATE" "$STATE/log" "$STATE/run"
}

# When a process began, in clock ticks; nothing for one that has ended, reaped or not.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

running() { # running NAME
	local pid time
	[ -r "$STATE/run/$1.pid" ] || return 1
	read -r pid time <"$STATE/run/$1.pid" || return 1
	[ -n "$time" ] && [ "$(start_time "$pid")" = "$time" ]
}
any_running() {
	local name
	for name in "${SERVICES[@]}"; do
		if running "$name"; then return 0; fi
	done
	return 1
}
pid_of() { cut -d' ' -f1 "$STATE/run/$1.pid"; }

launch() { # launch NAME command...
	local name=$1 log=$STATE/log/$1.log
	shift
	if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt 50000000 ]; then mv "$log" "$log.old"; fi
	"${DROP_ROOT[@]}" env -C "$STATE" setsid "$@" >>"$log" 2>&1 </dev/null &
	echo "$! $(start_time $!)" >"$STATE/run/$name.pid"
	disown
}

halt() { # halt NAME SIGNAL SECONDS
	local pid deadline
	running "$1" || { rm -f "$STATE/run/$1.pid"; return 0; }
	pid=$(pid_of "$1")
	kill "-$2" "$pid" 2>/dev/null || true
	deadline=$(($(date +%s) + $3))
	while running "$1"; do
		if [ "$(date +%s)" -ge "$deadline" ]; then
			warn "$1 did not stop within $3 s: killed"
			kill -KILL "$pid" 2>/dev/null || true
			deadline=$((deadline + 10))
		fi
		sleep 0.05
	done
	rm -f "$STATE/run/$1.pid"
}

# The settings of the service and of every tasklab command in the sandbox.
sandbox_env() {
	export TASKLAB_DATABASE_URL="postgresql://tasklab:$DEMO_PASSWORD@127.0.0.1:$POSTGRES_PORT/tasklab"
	export TASKLAB_LISTEN="127.0.0.1:$API_PORT"
	export TASKLAB_SANDBOX=on TASKLAB_GRAFANA_URL=
	! grafana_binary >/dev/null 2>&1 || TASKLAB_GRAFANA_URL=http://127.0.0.1:$GRAFANA_PORT
}

superuser_psql() { # psql as the cluster's superuser
	PGPASSWORD=$(cat "$STATE/superuser") psql -X -q -v ON_ERROR_STOP=1 \
		-h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres "$@"
}

postgres_bin() { echo "/usr/lib/postgresql/$(cat "$STATE/pg/PG_VERSION" 2>/dev/null || postgres_version)/bin"; }

init_postgres() {
	[ -s "$STATE/pg/PG_VERSION" ] && return 0
	(
		umask 077
		head -c 18 /dev/urandom | base64 >"$STATE/superuser"
	)
	[ "$(id -u)" -ne 0 ] || chown postgres: "$STATE/superuser"
	rm -rf "$STATE/pg.new"
	"${DROP_ROOT[@]}" env -C "$STATE" "$(postgres_bin)/initdb" -D "$STATE/pg.new" -U postgres --pwfile="$STATE/superuser" \
		--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-sync
	mv "$STATE/pg.new" "$STATE/pg"
}

start_postgres() {
	install -m 644 "$ROOT/tools/postgres/tasklab.conf" "$STATE/tasklab.conf"
	launch postgres "$(postgres_bin)/postgres" -D "$STATE/pg" -p "$POSTGRES_PORT" \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories= \
		-c config_file="$STATE/pg/postgresql.conf"
}
stop_postgres() { halt postgres INT 60; }
ready_postgres() { superuser_psql -d postgres -c 'SELECT 1'; }

start_app() { (sandbox_env && launch app "$TASKLAB" serve); }
stop_app() { halt app TERM 40; }
ready_app() { http_ok "http://127.0.0.1:$API_PORT/readyz"; }

start_load() {
	(sandbox_env && launch load "$TASKLAB" load --profile steady --rate "${RATE:-20}" \
		--duration forever --url "http://127.0.0.1:$API_PORT" --listen "127.0.0.1:$LOAD_PORT")
}
stop_load() { halt load TERM 10; }
ready_load() { http_ok "http://127.0.0.1:$LOAD_PORT/metrics"; }

start_exporter() {
	(
		export DATA_SOURCE_NAME="postgresql://exporter:$DEMO_PASSWORD@127.0.0.1:$POSTGRES_PORT/tasklab?sslmode=disable"
		launch exporter prometheus-postgres-exporter --web.listen-address="127.0.0.1:$EXPORTER_PORT" \
			--extend.query-path="$STATE/prometheus/postgres_queries.yml"
	)
}
stop_exporter() { halt exporter TERM 10; }
ready_exporter() { curl -fsS -m 5 "http://127.0.0.1:$EXPORTER_PORT/metrics" | grep '^pg_up 1' >/dev/null; }

start_alertmanager() {
	launch alertmanager prometheus-alertmanager --config.file="$STATE/prometheus/alertmanager.yml" \
		--storage.path="$STATE/data/alertmanager" --cluster.listen-address= \
		--web.listen-address="127.0.0.1:$ALERTMANAGER_PORT"
}
stop_alertmanager() { halt alertmanager TERM 10; }
ready_alertmanager() { http_ok "http://127.0.0.1:$ALERTMANAGER_PORT/-/ready"; }

start_prometheus() {
	launch prometheus prometheus --config.file="$STATE/prometheus/prometheus.yml" \
		--storage.tsdb.path="$STATE/data/prometheus" --storage.tsdb.retention.time=7d \
		--enable-feature=exemplar-storage --web.listen-address="127.0.0.1:$PROMETHEUS_PORT" --web.enable-lifecycle
}
stop_prometheus() { halt prometheus TERM 20; }
# Every target is up. "down" before the first scrape counts as not yet.
ready_prometheus() {
	curl -fsS -m 5 "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/targets?state=active" |
		jq -e '.data.activeTargets | length > 0 and all(.health == "up")'
}

grafana_binary() { command -v grafana || command -v grafana-server; }
start_grafana() {
	(
		export GF_SERVER_HTTP_ADDR=127.0.0.1 GF_SERVER_HTTP_PORT=$GRAFANA_PORT
		export GF_PATHS_DATA=$STATE/data/grafana GF_PATHS_LOGS=$STATE/log/grafana
		export GF_PATHS_PROVISIONING=$STATE/grafana/provisioning
		export GF_SECURITY_ADMIN_PASSWORD=$DEMO_PASSWORD GF_AUTH_ANONYMOUS_ENABLED=true
		export GF_ANALYTICS_REPORTING_ENABLED=false GF_ANALYTICS_CHECK_FOR_UPDATES=false
		export SANDBOX_DASHBOARDS=$STATE/grafana/dashboards
		export SANDBOX_PROMETHEUS_URL=http://127.0.0.1:$PROMETHEUS_PORT
		export SANDBOX_ALERTMANAGER_URL=http://127.0.0.1:$ALERTMANAGER_PORT
		export SANDBOX_POSTGRES=127.0.0.1:$POSTGRES_PORT
		case $(grafana_binary) in
		*-server) launch grafana grafana-server --homepath /usr/share/grafana ;;
		*) launch grafana grafana server --homepath /usr/share/grafana ;;
		esac
	)
}
stop_grafana() { halt grafana TERM 10; }
ready_grafana() { http_ok "http://127.0.0.1:$GRAFANA_PORT/api/health"; }
