#!/usr/bin/env bash
# Usage: scripts/setup.sh VENV [EXTRA]
#
# Makes the virtual environment VENV and installs this checkout into it, editable, with the named extra.
# What the system lacks for that (git, a C++ compiler, Python's venv module; node for the tests) is named, then installed.
#
# PYTHON names the interpreter; without it the first of python3, python3.13, ... that is 3.11 or newer is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

venv=$1
extra=${2:-}

new_enough() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    die "no Python 3.11 or newer was found${PYTHON:+ under the name $PYTHON}." \
        "Install one, or name it: make PYTHON=/path/to/python3.12 ..."
}

if ! has git; then
    install_packages "git is missing" git ca-certificates
fi

if [ "$extra" = dev ] && ! has node; then
    install_packages "node is missing (the tests run those of a JavaScript project)" nodejs
fi

if ! new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        install_packages "Python $version at $python comes without its venv module" "python$version-venv"
    fi
    say "==> Making $venv with Python $version ($python)"
    "$python" -m venv --clear "$venv"
fi

# llama-cpp-python comes as source: without a wheel from an earlier build it is compiled, for this very CPU.
if ! "$venv/bin/python" -m pip show -q llama-cpp-python >/dev/null 2>&1; then
    if ! has c++ && ! has g++ && ! has clang++; then
        [ "$(uname -s)" != Darwin ] || die "a C++ compiler is missing." "Install Apple's: xcode-select --install"
        install_packages "a C++ compiler is missing (llama.cpp is compiled here)" gcc g++ make
    fi
    say "==> Installing; compiling llama.cpp takes 5 to 10 minutes on two cores, once"
fi

# The tests of --engine ray need Ray, which has no source on the index, and wheels not for every interpreter.
if [ "$extra" = dev ]; then
    ray=$(sed -n 's/^  "\(ray>=[^"]*\)".*/\1/p' pyproject.toml)
    rm -f "$venv/.no-ray"
    if "$venv/bin/python" -m pip install --quiet --dry-run --no-deps --only-binary=ray "$ray" >/dev/null 2>&1; then
        extra=dev,ray
    else
        say "==> No wheel of Ray for this Python: the tests of --engine ray are left out"
        touch "$venv/.no-ray"
    fi
fi
"$venv/bin/python" -m pip install --quiet --editable ".${extra:+[$extra]}"
