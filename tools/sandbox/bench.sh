#!/usr/bin/env bash
# bench.sh: what the service costs, as ratios to pgbench and to itself, both sides in turn.
#
# It has a PostgreSQL and a service of its own (build/bench, one million tasks), so that nothing of
# the sandbox is in the way. Medians of several rounds; --assert fails well below the promised ratios.
set -euo pipefail
shopt -s inherit_errexit # what fails within $(...) fails

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export SANDBOX_DIR=$ROOT/build/bench
export SANDBOX_API_PORT=${SANDBOX_BENCH_API_PORT:-18080} SANDBOX_POSTGRES_PORT=${SANDBOX_BENCH_POSTGRES_PORT:-15433}
# shellcheck source=tools/sandbox/common.sh
. "$ROOT/tools/sandbox/common.sh"
# shellcheck source=tools/sandbox/packages.sh
. "$ROOT/tools/sandbox/packages.sh"
# shellcheck source=tools/sandbox/services.sh
. "$ROOT/tools/sandbox/services.sh"
# shellcheck source=tools/sandbox/commands.sh
. "$ROOT/tools/sandbox/commands.sh"

ROUNDS=${BENCH_ROUNDS:-5}
SECONDS_EACH=${BENCH_SECONDS:-4}
ASSERT=no
# A busy machine takes more from the one side than from the other: --assert lets a ratio miss by this.
SLACK=0.85
# name | what it compares | the ratio promised, and on which side of it
BENCHES=(
	"get|GET /api/v1/tasks/{id}, 8 connections, to pgbench -M prepared, 8 clients|>= 0.35"
	"list|a page of 50 to pgbench -M prepared with the same statement|>= 0.17"
	"deep|page 1 of 50 tasks to page 10,000, by keyset|<= 1.3"
	"post|POST /api/v1/tasks, 8 connections, to pgbench -M prepared inserting the same row|>= 0.48"
	"seed|tasklab seed (medium) to a plain COPY of the same rows|<= 1.5"
	"cost|GET by id with all metrics to the same service with counting compiled to nothing|>= 0.97"
	"count|counting one event to a plain thread-local 64-bit add|<= 3"
	"observe|ns a histogram observation takes, classic and native|<= 40"
	"shards|two threads that count to one thread, in throughput|>= 1.8"
	"render|ms that 10,000 series take as text|<= 5"
	"runner|calls of a lab's workload, 8 clients, to pgbench -M prepared with the same statement|>= 0.9"
)

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }

database() { PGPASSWORD=$DEMO_PASSWORD psql -X -q -A -t -h 127.0.0.1 -p "$POSTGRES_PORT" -U tasklab -d tasklab "$@"; }

http_rate() { # http_rate PATH [wrk arguments]: requests a second; any answer but 2xx is an error
	local out path=$1
	shift
	out=$(wrk -t 1 -c 8 -d "${SECONDS_EACH}s" "$@" "http://127.0.0.1:$API_PORT$path")
	if grep -q 'Non-2xx\|Socket errors' <<<"$out"; then
		echo "$out" >&2
		return 1
	fi
	awk '/^Requests\/sec:/ { print $2 }' <<<"$out"
}

pgbench_rate() { # pgbench_rate SCRIPT-FILE: transactions a second; THREADS, DATABASE
	PGPASSWORD=$DEMO_PASSWORD "$(postgres_bin)/pgbench" -n -M prepared -c 8 -j "${THREADS:-1}" -T "$SECONDS_EACH" \
		-f "$1" -h 127.0.0.1 -p "$POSTGRES_PORT" -U tasklab "${DATABASE:-tasklab}" 2>/dev/null |
		sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

# rounds LEFT RIGHT: runs both commands in turn, prints "ratio left-median right-median"
rounds() {
	local i left=() right=()
	local a b
	for ((i = 0; i < ROUNDS; i++)); do
		a=$($1)
		b=$($2)
		left+=("$a")
		right+=("$b")
	done
	a=$(printf '%s\n' "${left[@]}" | median)
	b=$(printf '%s\n' "${right[@]}" | median)
	echo "$(ratio "$a" "$b") $a $b"
}

TASK_ID=424242
bench_get() {
	printf '\\set id %s\nSELECT * FROM tasks WHERE id = :id;\n' "$TASK_ID" >"$STATE/get.sql"
	get_http() { http_rate "/api/v1/tasks/$TASK_ID"; }
	get_pgbench() { pgbench_rate "$STATE/get.sql"; }
	rounds get_http get_pgbench
}

bench_post() {
	local project reporter
	IFS='|' read -r project reporter < <(database -c "SELECT project_id, reporter_id FROM tasks WHERE id = $TASK_ID")
	cat >"$STATE/post.lua" <<-LUA
		wrk.method = "POST"
		wrk.headers["Content-Type"] = "application/json"
		wrk.body = '{"project_id":$project,"title":"measured","description":"a task of the benchmark","priority":2}'
	LUA
	cat >"$STATE/post.sql" <<-SQL
		INSERT INTO tasks (project_id, reporter_id, title, description, priority) VALUES ($project, $reporter, 'measured', 'a task of the benchmark', 2) RETURNING *;
	SQL
	post_http() { http_rate /api/v1/tasks -s "$STATE/post.lua"; }
	post_pgbench() { pgbench_rate "$STATE/post.sql"; }
	rounds post_http post_pgbench
	# The lists are measured over the data set alone.
	database -c "DELETE FROM tasks WHERE title = 'measured'" -c "VACUUM (ANALYZE) tasks" >&2
}

bench_list() {
	echo "SELECT * FROM tasks ORDER BY created_at DESC, id DESC LIMIT 51" >"$STATE/list.sql"
	list_http() { http_rate "/api/v1/tasks?limit=50"; }
	list_pgbench() { pgbench_rate "$STATE/list.sql"; }
	rounds list_http list_pgbench
}

bench_deep() {
	DEEP=$(python3 "$ROOT/tests/bench/walk_pages.py" "127.0.0.1:$API_PORT" "/api/v1/tasks?limit=50" 10000)
	deep_first() { http_rate "/api/v1/tasks?limit=50"; }
	deep_last() { http_rate "$DEEP"; }
	rounds deep_first deep_last
}

bench_seed() {
	"$ROOT/tests/bench/seed_vs_copy.sh" "$TASKLAB" "${BENCH_SEED_SCALE:-medium}"
}

# metrics_figure LABEL [LEFT-LABEL RIGHT-LABEL]: what tests/bench/bench_metrics.c prints under them
metrics_figure() {
	local program=$STATE/bench_metrics
	"${CC:-cc}" -std=c17 -O2 -D_GNU_SOURCE -I"$ROOT/include" -o "$program" "$ROOT/tests/bench/bench_metrics.c" \
		"$ROOT"/build/release/src/{metrics/libmetrics,base/libbase}.a -lz -lm -pthread || return 1
	"$program" >"$STATE/bench_metrics.out"
	sed 's/^/  /' "$STATE/bench_metrics.out" >&2
	awk -v what="$1" -v left="${2:-$1}" -v right="${3:-$1}" '
		{ text = $0; sub(/ +[0-9.]+ (ns|ms|x ).*/, "", text); rest = substr($0, length(text) + 1); split(rest, word, " ") }
		text == what { value = word[1] }
		text == left { a = word[1] }
		text == right { b = word[1] }
		END { if (value == "") exit 1; print value, a, b }' "$STATE/bench_metrics.out"
}

# The same service twice, one built without counting; both run, one is asked at a time.
bench_cost() {
	local build=$ROOT/build/release-uncounted port=$((API_PORT + 1))
	{ cmake -S "$ROOT" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTASKLAB_TESTS=OFF \
		-DTASKLAB_METRICS=OFF -DCMAKE_INSTALL_PREFIX="$STATE/uncounted" && cmake --build "$build" &&
		cmake --install "$build" && chmod -R a+rX "$STATE/uncounted"; } >&2
	(sandbox_env && TASKLAB_LISTEN=127.0.0.1:$port launch uncounted "$STATE/uncounted/bin/tasklab" serve)
	wait_for 30 "the service without counting" http_ok "http://127.0.0.1:$port/readyz"
	cost_counted() { http_rate "/api/v1/tasks/$TASK_ID"; }
	cost_uncounted() { API_PORT=$port http_rate "/api/v1/tasks/$TASK_ID"; }
	# A difference of a few per cent needs many short turns.
	ROUNDS=15 SECONDS_EACH=2 rounds cost_counted cost_uncounted
	halt uncounted TERM 10
}

bench_count() { metrics_figure "counter increment to plain add" "counter increment" "plain thread-local 64-bit add"; }
bench_observe() { metrics_figure "histogram observation, classic and native"; }
bench_shards() { metrics_figure "histogram observation, two threads to one"; }
bench_render() { metrics_figure "10,000 counters and the rest as text"; }

# A round is one run of tests/bench/labs/point-read, whose two phases do the same; pgbench then works
# in the database that the run leaves.
bench_runner() {
	local labs=$STATE/bench-labs
	rm -rf "$labs"
	cp -r "$ROOT/tests/bench/labs" "$labs"
	sed -i "s/^  seconds: .*/  seconds: $SECONDS_EACH/" "$labs/point-read/lab.yaml"
	printf '\\set id random(1, 1000)\nSELECT * FROM tasks WHERE id = :id;\n' >"$STATE/point.sql"
	runner_lab() {
		TASKLAB_SANDBOX=on "$TASKLAB" lab run point-read --local --json --keep --labs-dir "$labs" \
			2>"$STATE/runner.err" |
			python3 -c 'import json, sys
report = json.load(sys.stdin)
print((report["before"]["calls_per_second"] + report["after"]["calls_per_second"]) / 2)' ||
			{ cat "$STATE/runner.err" >&2; return 1; }
	}
	runner_pgbench() { DATABASE=lab_point_read THREADS=8 pgbench_rate "$STATE/point.sql"; }
	rounds runner_lab runner_pgbench
	TASKLAB_SANDBOX=on "$TASKLAB" lab reset point-read --labs-dir "$labs" >&2
}

set_up() {
	YES=no
	make_state
	local name port
	for name in postgres:$POSTGRES_PORT app:$API_PORT; do
		port=${name#*:}
		! port_taken "$port" || die "port $port, for the benchmark's ${name%:*}, is taken" \
			"another ./sandbox bench may be running; SANDBOX_BENCH_POSTGRES_PORT and" \
			"SANDBOX_BENCH_API_PORT choose other ports"
	done
	step "build" build
	step "PostgreSQL" init_postgres
	include_settings
	trap 'halt uncounted TERM 10; stop_app; stop_postgres' EXIT
	step "PostgreSQL starts" start_service postgres
	sandbox_env
	step "schema" prepare_database
	step "one million tasks" "$TASKLAB" seed --scale medium
	step "service starts" start_service app
}

holds() { # holds RATIO "PROMISE" [SLACK]
	awk -v value="$1" -v op="${2% *}" -v bound="${2#* }" -v slack="${3:-1}" \
		'BEGIN { exit !(op == ">=" ? value >= bound * slack : value <= bound / slack) }'
}

main() {
	local chosen=() row name about promise found value left right bad=0 try
	for name in "$@"; do
		case $name in
		--assert) ASSERT=yes ;;
		--list | --help)
			for row in "${BENCHES[@]}"; do
				IFS='|' read -r name about promise <<<"$row"
				printf '  %-6s %-84s %s\n' "$name" "$about" "$promise"
			done
			return 0
			;;
		*)
			declare -F "bench_$name" >/dev/null || die "no benchmark \"$name\"" "see: ./sandbox bench --list"
			chosen+=("$name")
			;;
		esac
	done
	command -v wrk >/dev/null || install_packages wrk
	set_up
	printf '\n%s%-6s %8s  %-8s %12s %12s  %s%s\n' "$BOLD" BENCH RATIO PROMISE LEFT/s RIGHT/s WHAT "$PLAIN"
	for row in "${BENCHES[@]}"; do
		IFS='|' read -r name about promise <<<"$row"
		[ ${#chosen[@]} -eq 0 ] || [[ " ${chosen[*]} " == *" $name "* ]] || continue
		# The machine may be busy with something else: a ratio that misses is measured again.
		for try in 1 2 3; do
			found=$("bench_$name")
			read -r value left right <<<"$found"
			if holds "$value" "$promise" || [ $ASSERT = no ]; then break; fi
		done
		printf '%-6s %8s  %-8s %12.1f %12.1f  %s\n' "$name" "$value" "$promise" "$left" "$right" "$about"
		echo "number: $name ratio $value, promised $promise, try $try"
		if [ $ASSERT = yes ] && ! holds "$value" "$promise" $SLACK; then bad=1; fi
	done
	return $bad
}

main "$@"
