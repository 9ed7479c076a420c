# shellcheck shell=bash
# engine.sh: a private Docker engine for the test, apart from any that the machine has.
#
# Its images and build cache lie in $CACHE/docker and make the next run quick; everything else is in
# $WORK and goes at the end. It is ended by its process id.

# Sets DOCKER_HOST and DOCKER_CONFIG for every docker command that follows.
engine_start() {
	local need=()
	command -v dockerd >/dev/null || need+=(docker.io)
	command -v docker >/dev/null || need+=("$(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli || echo docker.io)")
	command -v debootstrap >/dev/null || need+=(debootstrap)
	command -v jq >/dev/null || need+=(jq)
	if [ ${#need[@]} -gt 0 ]; then
		apt-get update -q && apt-get install -y -q --no-install-recommends "${need[@]}" || return 1
	fi

	exec 9>"$CACHE/lock"
	flock -n 9 || die "another run of this test uses $CACHE"
	HAD_CHAINS=$(docker_chains)
	export DOCKER_HOST=unix://$WORK/docker.sock DOCKER_CONFIG=$WORK/config
	mkdir -p "$DOCKER_CONFIG/cli-plugins"
	# No bridge of its own and no forwarding switched on: compose makes its network, builds use the host's.
	dockerd --host "$DOCKER_HOST" --data-root "$CACHE/docker" --exec-root "$WORK/exec" \
		--pidfile "$WORK/dockerd.pid" --bridge none --ip-forward=false >"$WORK/dockerd.log" 2>&1 9>&- &
	ENGINE_PID=$!
	wait_for 60 "the Docker engine" docker version || { tail -n 20 "$WORK/dockerd.log" >&2; return 1; }
	compose_plugin
}

engine_stop() {
	[ -n "${ENGINE_PID:-}" ] || return 0
	kill "$ENGINE_PID" 2>/dev/null || true
	wait "$ENGINE_PID" 2>/dev/null || true
	# What a killed container may leave behind.
	awk -v dir="$WORK/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount 2>/dev/null || true
	[ -n "$HAD_CHAINS" ] || remove_docker_chains
}

# The engine adds chains to the packet filter and leaves them; they go unless they were there before.
docker_chains() { { iptables -t nat -S; iptables -t filter -S; } 2>/dev/null | grep -E '^-N DOCKER' || true; }

remove_docker_chains() {
	local table rule
	for table in nat filter; do
		iptables -t "$table" -S 2>/dev/null | sed -n 's/^-A \(.*-j DOCKER.*\)/\1/p' | while read -r rule; do
			# shellcheck disable=SC2086 # a rule is words
			iptables -t "$table" -D $rule 2>/dev/null || true
		done
		iptables -t "$table" -S 2>/dev/null | sed -n 's/^-N \(DOCKER.*\)/\1/p' | while read -r rule; do
			iptables -t "$table" -F "$rule" 2>/dev/null || true
			iptables -t "$table" -X "$rule" 2>/dev/null || true
		done
	done
}

# Compose v2, the machine's own or Debian 13's (a static binary), taken out of its package.
compose_plugin() {
	if ! docker compose version >/dev/null 2>&1; then
		if [ ! -x "$CACHE/docker-compose" ]; then
			standin_debian trixie debian:trixie-slim
			docker run --rm --network host --volume "$CACHE:/cache" debian:trixie-slim sh -ec '
				cd /tmp
				apt-get update -qq
				apt-get download -qq docker-compose
				dpkg-deb --fsys-tarfile docker-compose_*.deb |
					tar -x --to-stdout ./usr/libexec/docker/cli-plugins/docker-compose > /cache/docker-compose.new
				chmod 755 /cache/docker-compose.new
				mv /cache/docker-compose.new /cache/docker-compose' >/dev/null 2>"$WORK/plugin.log" ||
				{ cat "$WORK/plugin.log" >&2; return 1; }
		fi
		cp "$CACHE/docker-compose" "$DOCKER_CONFIG/cli-plugins/"
	fi
	docker compose version
}
