#!/usr/bin/env bash
# Usage: scripts/base_image.sh
#
# Prints the name of an image with Python for sandboxes to build on, and sees to it that the engine has it:
# the one that REASONCLI_BASE_IMAGE names; else python:3.12-slim, pulled if need be; else, where no image
# registry can be reached, a Debian made here by debootstrap.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

official=python:3.12-slim
own=reasoncli-base:bookworm

present() { docker image inspect "$1" >/dev/null 2>&1; }

pull() {
    local limit=()
    if has timeout; then limit=(timeout 300); fi
    ${limit[@]+"${limit[@]}"} docker pull "$1" >&2
}

if [ -n "${REASONCLI_BASE_IMAGE:-}" ]; then
    present "$REASONCLI_BASE_IMAGE" || pull "$REASONCLI_BASE_IMAGE" ||
        die "the image REASONCLI_BASE_IMAGE=$REASONCLI_BASE_IMAGE is neither here nor can it be pulled."
    echo "$REASONCLI_BASE_IMAGE"
    exit 0
fi
for image in "$official" "$own"; do
    if present "$image"; then
        echo "$image"
        exit 0
    fi
done
say "==> Pulling $official, the base of the sandboxes"
if pull "$official"; then
    echo "$official"
    exit 0
fi
say "==> It can't be pulled. Making $own with debootstrap instead: a Debian with Python, in one to two minutes"
if ! PATH="$PATH:/usr/sbin" has debootstrap; then
    install_packages "debootstrap is missing" debootstrap
fi
as_root env PATH="$PATH:/usr/sbin:/sbin" bash sandboxes/base/debootstrap.sh "$own" >&2
present "$own" || die "sandboxes/base/debootstrap.sh did not make $own"
echo "$own"
