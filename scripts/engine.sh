#!/usr/bin/env bash
# Usage: scripts/engine.sh
#
# Ends well when a Docker engine answers. Where none is installed it says so and installs Docker with apt;
# where one is installed but not running (a machine without systemd, a container) it is started, and left running.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

log=/var/log/dockerd.log

answers() { has docker && docker info >/dev/null 2>&1; }

# A pid file outlives its process where /run is not emptied at boot; dockerd then takes whatever process has that
# number by now for a running engine, and refuses to start.
remove_stale_pid_file() {
    local file=$1 name=$2 pid
    as_root test -f "$file" || return 0
    pid=$(as_root cat "$file")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$name" ]; then
        as_root rm -f "$file"
    fi
}

start_engine() {
    if [ -d /run/systemd/system ]; then
        say "==> Starting the Docker service"
        as_root systemctl start docker || die "the Docker service did not start." "See: journalctl -u docker"
        return
    fi
    say "==> Starting dockerd by hand (no systemd here); it stays running, its log is $log"
    remove_stale_pid_file /var/run/docker.pid dockerd
    remove_stale_pid_file /var/run/docker/containerd/containerd.pid containerd
    # shellcheck disable=SC2016  # $1 is for the inner shell
    as_root sh -c 'PATH="$PATH:/usr/sbin:/sbin" setsid nohup dockerd >>"$1" 2>&1 </dev/null 3>&- 4>&- &' sh "$log"
}

wait_for_engine() {
    for _ in $(seq "$1"); do
        answers && return 0
        sleep 1
    done
    return 1
}

answers && exit 0

if [ "$(uname -s)" != Linux ]; then
    die "no Docker engine answers." "Start Docker Desktop (or colima, or podman with DOCKER_HOST set), then try again."
fi
if [ -n "${DOCKER_HOST:-}" ]; then
    die "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST." "Start it, or unset DOCKER_HOST."
fi
if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
    die "a Docker engine is there, but this user may not use it." \
        "As root: usermod -aG docker $(id -un); then log in anew."
fi

if ! PATH="$PATH:/usr/sbin:/sbin" has dockerd || ! has docker; then
    packages=(docker.io iptables)
    # Newer releases have the client in a package of its own.
    if has apt-cache && apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
    install_packages "no Docker engine is installed" "${packages[@]}"
    # The package starts the engine itself where the system lets it.
    wait_for_engine 5 && exit 0
fi
may_install || die "the Docker engine is not running, and REASONCLI_NO_INSTALL forbids starting it."
start_engine
if ! wait_for_engine 60; then
    [ ! -r "$log" ] || tail -n 15 "$log" >&2
    die "the Docker engine did not answer within a minute." "Its log: $log"
fi
