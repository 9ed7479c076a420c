#!/usr/bin/env bash
# test.sh: every test, stage by stage, with what each took. One line closes it: N passed, N failed.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tools/sandbox/common.sh
. "$ROOT/tools/sandbox/common.sh"
# shellcheck source=tools/sandbox/packages.sh
. "$ROOT/tools/sandbox/packages.sh"
LOGS=$ROOT/build/test-logs

# name | what it shows
STAGES=(
	"check|format, linters, layers, drift: tools/check"
	"gcc|unit and integration tests, gcc, ASan + UBSan"
	"clang|unit and integration tests, clang, ASan + UBSan"
	"tsan|the threaded rooms and the service under ThreadSanitizer"
	"fuzz|the fuzz targets on their corpora and a short while beyond"
	"labs|every lab proves itself sound; runs that are repeated, killed, in trouble"
	"sandbox|./sandbox up, down, up, reset; the first lab; every dashboard query"
	"bench|the ratios that the project promises"
	"compose|the compose stack in a Docker engine"
)

# A stage runs in a condition, where set -e has no effect: hence && throughout.

# The tests wait for servers more than they work: three at a time keep two cores busy.
preset() { # preset NAME [ctest arguments]
	local name=$1
	shift
	cmake --preset "$name" -S "$ROOT" >/dev/null &&
		cmake --build "$ROOT/build/$name" || return
	ctest --test-dir "$ROOT/build/$name" -j 3 --output-on-failure --no-tests=error "$@" || alone "$name"
}

# What failed beside other tests on a busy machine has one more try by itself, and is named. What a
# sanitizer reports is a fault whenever it shows, and many failures at once are no accident.
alone() { # alone PRESET
	local dir=$ROOT/build/$1 failed
	failed=$(cut -d: -f2 "$dir/Testing/Temporary/LastTestsFailed.log" | paste -sd' ') || return
	[ "$(wc -w <<<"$failed")" -le 2 ] || return
	! grep -qE 'Sanitizer|runtime error:' "$dir/Testing/Temporary/LastTest.log" || return
	ctest --test-dir "$dir" --rerun-failed --output-on-failure || return
	echo "again: passed by itself after a failure beside others: $failed"
}

stage_check() { "$ROOT/tools/check"; }
stage_gcc() { preset dev; }
stage_clang() { preset dev-clang; }
stage_tsan() { preset tsan -L threads; }
stage_fuzz() { preset fuzz -L fuzz; }
stage_labs() {
	local tasklab=$ROOT/build/release/tasklab
	cmake --preset release -S "$ROOT" >/dev/null &&
		cmake --build "$ROOT/build/release" --target tasklab &&
		python3 "$ROOT/tests/labs/verify.py" "$tasklab" &&
		python3 "$ROOT/tests/labs/determinism.py" "$tasklab" 2 &&
		python3 "$ROOT/tests/labs/kills.py" "$tasklab" 2 &&
		python3 "$ROOT/tests/labs/trouble.py" "$tasklab"
}
stage_sandbox() { "$ROOT/tests/sandbox/run.sh"; }
# Ratios to another program only: what depends on this machine alone is for people to read.
# The small seed is enough to see a ratio go wrong; ./sandbox bench seed takes the medium one.
stage_bench() { BENCH_SEED_SCALE=small BENCH_ROUNDS=3 "$ROOT/tools/sandbox/bench.sh" --assert \
	get list deep post seed; }
stage_compose() { "$ROOT/tests/compose/run.sh"; }

# The end of what each failed test of ctest printed, without its cases that passed; else of the log.
failures() { # failures LOG
	if grep -qE 'Test +#[0-9]+: .*\*\*\*' "$1"; then
		awk '
			/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / { show(); failed = /\*\*\*/; head = $0; n = 0; next }
			/^ +Start +[0-9]+: / || / \.\.\. ok$/ || /^\[ +(OK|RUN) +\]/ { next }
			/^[0-9]+% tests passed/ { show(); failed = 0 }
			failed { line[++n] = $0 }
			function show(    i) {
				if (!failed) return
				print head
				for (i = n > 40 ? n - 39 : 1; i <= n; i++) print line[i]
			}' "$1"
	else
		tail -n 60 "$1"
	fi
}

usage() {
	local row
	say "usage: ./sandbox test [--yes] [STAGE ...]"
	for row in "${STAGES[@]}"; do printf '  %-10s %s\n' "${row%%|*}" "${row#*|}"; done
}

main() {
	local chosen=() failed=() row name passed=0 from log
	YES=no
	[ "${CI:-}" != true ] || YES=yes
	while [ $# -gt 0 ]; do
		case $1 in
		--yes | -y) YES=yes ;;
		--list | --help) usage && return 0 ;;
		-*) usage >&2 && return 2 ;;
		*) chosen+=("$1") ;;
		esac
		shift
	done
	for name in "${chosen[@]}"; do
		declare -F "stage_$name" >/dev/null || { usage >&2 && return 2; }
	done
	install_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
	mkdir -p "$LOGS"
	for row in "${STAGES[@]}"; do
		name=${row%%|*}
		[ ${#chosen[@]} -eq 0 ] || [[ " ${chosen[*]} " == *" $name "* ]] || continue
		log=$LOGS/$name.log
		from=$(now_ms)
		printf '%s%-10s%s %s\n' "$BOLD" "$name" "$PLAIN" "${row#*|}"
		if ("stage_$name") >"$log" 2>&1 </dev/null; then
			passed=$((passed + 1))
			grep -E '^(numbers?:|again:|tests passed|100% tests)' "$log" | sed 's/^/    /' || true
			ok "$name" "$(since "$from")"
		else
			failed+=("$name")
			printf '  %s✗ %s%s  %s\n' "$RED" "$name" "$PLAIN" "$(since "$from")"
			failures "$log" | sed 's/^/    /'
			say "    (its whole output: ${log#"$ROOT"/})"
		fi
	done
	printf '%d passed, %d failed%s\n' $passed ${#failed[@]} "${failed:+: ${failed[*]}}"
	[ ${#failed[@]} -eq 0 ]
}

main "$@"
