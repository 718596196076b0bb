#!/bin/sh
# Makes a base image with Python where no registry is in reach, from the Debian packages that this host gets anyway:
#
#   sandboxes/base/debootstrap.sh [NAME [SUITE]]        (default: reasoncli-base:bookworm bookworm)
#
# It takes a minute or two, needs root (or fakeroot and fakechroot), debootstrap and Docker. The mirror is the one in the
# host's own apt configuration, the signing key is the host's. What comes out holds Python with venv and pip, and
# ca-certificates; neither git nor a compiler.
set -eu

name=${1:-reasoncli-base:bookworm}
suite=${2:-bookworm}
packages=python3,python3-venv,python3-pip,ca-certificates

for program in debootstrap docker tar; do
  command -v "$program" > /dev/null || {
    echo "debootstrap.sh: $program is missing; install it first" >&2
    exit 3
  }
done

# The first mirror of the main archive that apt knows, whether from one-line or deb822 sources.
mirror=$(
  {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2> /dev/null
    sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null
    sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2> /dev/null
  } | sed -n 's#/*$##; \#/debian$#p' | head -n 1
)
[ -n "$mirror" ] || {
  echo "debootstrap.sh: no Debian mirror found in this host's apt configuration" >&2
  exit 3
}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT INT TERM
# Programs of the Debian archive run inside while it is set up; debootstrap checks every signature.
debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" >&2

rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/doc/* \
  "$root"/usr/share/man/* "$root"/usr/share/locale/*
: > "$root/etc/resolv.conf"
: > "$root/etc/hostname"

tar -C "$root" --numeric-owner -cf - . | docker import \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8' \
  --change 'CMD ["/bin/sh"]' - "$name" > /dev/null
echo "$name"
