# shellcheck shell=bash
# packages.sh: which Debian packages are needed, and installing the missing ones quietly.

BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libcivetweb-dev libpq-dev libjansson-dev
	libcurl4-openssl-dev libyaml-dev zlib1g-dev)
RUN_PACKAGES=(curl jq prometheus prometheus-alertmanager prometheus-postgres-exporter)
# shellcheck disable=SC2034 # for test.sh
TEST_PACKAGES=(clang clang-format clang-tidy cppcheck shellcheck libcmocka-dev libclang-rt-dev wrk
	python3 python3-jsonschema python3-yaml python3-prometheus-client docker.io debootstrap git)
# Units that Debian's packages would start at boot; the sandbox runs its own processes instead.
PACKAGE_UNITS=(prometheus prometheus-alertmanager prometheus-postgres-exporter postgresql)

# The newest PostgreSQL of this distribution that also has the extensions.
postgres_version() {
	local version
	for version in 18 17 16 15; do
		if apt-cache policy "postgresql-$version-hypopg" 2>/dev/null | grep 'Candidate: [0-9]' >/dev/null; then
			echo "$version"
			return
		fi
	done
	return 1
}

# Names that differ from release to release.
package_name() {
	case $1 in
	libclang-rt-dev)
		local version
		version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
		echo "libclang-rt-${version:-14}-dev"
		;;
	*) echo "$1" ;;
	esac
}

package_there() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -x installed >/dev/null
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "packages are missing and there is no sudo" \
			"as root: apt-get install ${*: -1}"
		sudo "$@"
	fi
}

missing_packages() {
	local want=("$@") name version
	# The dashboards' sources are TypeScript; any npm will do, Debian's or another.
	[[ " $* " != *" clang-tidy "* ]] || command -v npm >/dev/null || want+=(nodejs npm)
	if ! version=$(postgres_version); then
		die "no PostgreSQL with the hypopg extension is known to apt" \
			"run: apt-get update" "Debian 12, 13 and Ubuntu 24.04 have it (Ubuntu: enable universe)"
	fi
	want+=("postgresql-$version" "postgresql-$version-hypopg" "postgresql-$version-pg-wait-sampling")
	for name in "${want[@]}"; do
		# Any engine will do, and Debian's would push another one out.
		[ "$name" != docker.io ] || ! command -v dockerd >/dev/null || continue
		name=$(package_name "$name")
		package_there "$name" || echo "$name"
	done
}

# install_packages NAME...: asks, unless --yes; starts no daemon and makes no system cluster.
install_packages() {
	command -v apt-get >/dev/null || die "this is not a Debian or Ubuntu machine (no apt-get)" \
		"use Docker instead: docker compose up"
	postgres_version >/dev/null || as_root apt-get update -q || die "apt-get update failed"
	local missing list
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	list=$(echo "$missing" | tr '\n' ' ')
	say "Debian packages to install: $list"
	confirm "Install them?" || die "the packages are needed" "apt-get install $list"
	as_root apt-get update -q
	# shellcheck disable=SC2086 # a list of words
	as_root env DEBIAN_FRONTEND=noninteractive bash -c "$INSTALL_QUIETLY" install $list ||
		die "apt-get install failed" "apt-get install $list"
}

# Runs as root. policy-rc.d keeps maintainer scripts from starting daemons; createcluster.d keeps
# postgresql-common from making a cluster. Both are taken away again, and what was there is kept.
# shellcheck disable=SC2016 # expanded by the inner shell
INSTALL_QUIETLY='
set -e
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/tasklab.conf
made_policy=no
clean_up() { rm -f "$cluster"; if [ $made_policy = yes ]; then rm -f "$policy"; fi; }
trap clean_up EXIT
if [ ! -e "$policy" ]; then
	printf "#!/bin/sh\nexit 101\n" > "$policy"
	chmod 755 "$policy"
	made_policy=yes
fi
mkdir -p "${cluster%/*}"
echo "create_main_cluster = false" > "$cluster"
fresh=
for unit in '"${PACKAGE_UNITS[*]}"'; do
	[ -e "/lib/systemd/system/$unit.service" ] || fresh="$fresh $unit"
done
apt-get install -y -q --no-install-recommends "$@"
if [ -d /run/systemd/system ]; then
	for unit in $fresh; do systemctl disable "$unit.service" || true; done
fi
'
