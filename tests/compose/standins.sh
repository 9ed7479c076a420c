# shellcheck shell=bash
# standins.sh: images made of Debian packages under the names of those that compose.yaml pins, for
# machines that reach Debian's archive but no registry of images.

# The machine's own Debian mirror; empty on another distribution: debootstrap then has its own.
debian_mirror() {
	# shellcheck disable=SC2016 # apt fills it in
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

# standin_debian SUITE IMAGE: a minimal Debian as an image, with the settings that make the official
# ones small: no package archives, documentation or translations.
standin_debian() {
	local root=$WORK/$1 mirror
	! docker image inspect "$2" >/dev/null 2>&1 || return 0
	mirror=$(debian_mirror)
	if ! debootstrap --variant=minbase "$1" "$root" ${mirror:+"$mirror"} >"$WORK/debootstrap-$1.log" 2>&1; then
		tail -n 20 "$WORK/debootstrap-$1.log" >&2
		return 1
	fi
	# A mirror may be a frozen copy, older than its own statement of how long it is valid.
	printf '%s\n' 'Acquire::Check-Valid-Until "false";' 'Acquire::Languages "none";' \
		'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
		'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };' >"$root/etc/apt/apt.conf.d/90standin"
	printf '%s\n' force-unsafe-io 'path-exclude /usr/share/doc/*' 'path-exclude /usr/share/man/*' \
		'path-exclude /usr/share/locale/*' >"$root/etc/dpkg/dpkg.cfg.d/standin"
	rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb \
		"$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
	tar -C "$root" -c . | docker import - "$2" >/dev/null
	rm -rf "$root"
}

# standin NAME IMAGE VERSION-COMMAND...: builds standins/NAME.Dockerfile as IMAGE and says which
# version stands in. Another line than the pinned one is said too: Debian moves on.
standin() {
	local name=$1 image=$2 version line
	shift 2
	# The classic builder, which every client has; compose brings its own BuildKit for our images.
	DOCKER_BUILDKIT=0 docker build --quiet --network host --tag "$image" --file "$HERE/standins/$name.Dockerfile" "$HERE/standins" \
		>"$WORK/build-$name.log" 2>&1 || { tail -n 30 "$WORK/build-$name.log" >&2; return 1; }
	version=$(docker run --rm --network none --entrypoint "$1" "$image" "${@:2}" 2>&1 | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1)
	line=${image##*:}
	line=${line#v}
	echo "stand-in for $image: $version"
	[ "${version%.*}" = "${line%.*}" ] || echo "note: $image is pinned, $version was tested"
}

# The pinned names are read from where they are pinned.
standins() {
	local image pinned
	standin_debian trixie debian:trixie-slim &
	standin_debian sid debian:unstable-slim || return 1
	wait $! || return 1
	pinned=$(sed -n 's/^FROM //p' tools/postgres/Dockerfile
		docker compose config --format json | jq -r '.services[] | select(has("build") | not) | .image')
	for image in $pinned; do
		case $image in
		postgres:*) standin postgres "$image" postgres --version ;;
		prom/prometheus:*) standin prometheus "$image" prometheus --version ;;
		prom/alertmanager:*) standin alertmanager "$image" alertmanager --version ;;
		prometheuscommunity/postgres-exporter:*) standin postgres-exporter "$image" postgres_exporter --version ;;
		tasklab:*) ;; # our own, built by compose
		grafana/grafana:*) echo "no stand-in for $image: left out" ;;
		*) die "no stand-in for $image" ;;
		esac || return 1
	done
}
