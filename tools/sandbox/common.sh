# shellcheck shell=bash disable=SC2034
# common.sh: places, ports, messages and waiting, for every part of ./sandbox.

API_PORT=${SANDBOX_API_PORT:-8080}
POSTGRES_PORT=${SANDBOX_POSTGRES_PORT:-5433}
PROMETHEUS_PORT=${SANDBOX_PROMETHEUS_PORT:-9090}
ALERTMANAGER_PORT=${SANDBOX_ALERTMANAGER_PORT:-9093}
EXPORTER_PORT=${SANDBOX_EXPORTER_PORT:-9187}
LOAD_PORT=${SANDBOX_LOAD_PORT:-9091}
GRAFANA_PORT=${SANDBOX_GRAFANA_PORT:-3000}
# Everything listens on loopback only, so one demo password will do.
DEMO_PASSWORD=tasklab

# STATE is where everything lies that is not the project itself. .sandbox may be a link out of a
# folder that the services' user cannot pass, so its target is what counts.
STATE_LINK=${SANDBOX_DIR:-$ROOT/.sandbox}
find_state() {
	STATE=$(readlink -m "$STATE_LINK")
	APP=$STATE/app
	TASKLAB=$APP/bin/tasklab
}
find_state

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' RED='' GREEN='' YELLOW='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
ok() { printf '  %s✓%s %-44s %s%s%s\n' "$GREEN" "$PLAIN" "$1" "$DIM" "${2:-}" "$PLAIN"; }
warn() { printf '  %s!%s %s\n' "$YELLOW" "$PLAIN" "$*" >&2; }
# die "what happened" ["what to do next" ...]
die() {
	printf '%ssandbox: %s%s\n' "$RED" "$1" "$PLAIN" >&2
	shift
	local line
	for line in "$@"; do printf '  %s\n' "$line" >&2; done
	exit 1
}

now_ms() { date +%s%3N; }
since() { awk -v from="$1" -v to="$(now_ms)" 'BEGIN { printf "%.1f s", (to - from) / 1000 }'; }

# step "label" command...: one line, with its time; the command's output is shown only on failure.
step() {
	local label=$1 from out
	shift
	from=$(now_ms)
	out=$STATE/log/step.log
	[ -t 1 ] && printf '  %s…%s %s\r' "$DIM" "$PLAIN" "$label"
	if "$@" >"$out" 2>&1; then
		ok "$label" "$(since "$from")"
	else
		printf '  %s✗%s %s\n' "$RED" "$PLAIN" "$label" >&2
		tail -n 40 "$out" >&2
		die "\"$label\" failed" "its whole output: $out"
	fi
}

# wait_for SECONDS "what" command...: polls until the command succeeds.
wait_for() {
	local limit=$1 what=$2 deadline
	shift 2
	deadline=$(($(date +%s) + limit))
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -ge "$deadline" ]; then
			echo "not there after $limit s: $what" >&2
			return 1
		fi
		sleep 0.2
	done
}

confirm() { # confirm "question"; --yes answers it
	[ "${YES:-no}" = yes ] && return 0
	[ -t 0 ] || die "$1" "there is no terminal to answer at: give --yes"
	local answer
	read -r -p "$1 [y/N] " answer
	[[ $answer == [yY]* ]]
}

http_ok() { curl -fsS -m 5 -o /dev/null "$1"; }
port_taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
