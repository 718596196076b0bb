# shellcheck shell=bash
# What the scripts of this folder share. Sourced, not run.

say() { printf '%s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ "$#" -eq 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

may_install() { [ -z "${REASONCLI_NO_INSTALL:-}" ]; }

# can_install: whether this machine is one where these scripts know how to install a system package.
can_install() { has apt-get && { [ "$(id -u)" -eq 0 ] || has sudo; }; }

# install_packages WHY PACKAGE...: say what is missing and what will be installed, then install it with apt.
install_packages() {
    local why=$1
    shift
    may_install || die "$why, and REASONCLI_NO_INSTALL forbids installing: $*"
    can_install || die "$why." \
        "Install it with this system's package manager (on Debian and Ubuntu: apt-get install $*), then try again."
    say "==> $why." \
        "Installing with apt: $* (REASONCLI_NO_INSTALL=1 would have prevented it)"
    {
        ! has flock || flock 9  # `make test` has two of us at once
        _apt "$@" 9>&-          # nor does a service that a package starts hold it
    } 9>>"${TMPDIR:-/tmp}/reasoncli-apt.$(id -u)"
}

_apt() {
    # A third-party package list that can't be refreshed is no reason to stop; a missing package is, and install says so.
    as_root apt-get update -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 >/dev/null ||
        say "    apt-get update reported problems; going on with the lists there are"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@" >/dev/null ||
        die "apt could not install: $*"
}
