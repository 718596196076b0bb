#!/usr/bin/env bash
# Usage: scripts/browser.sh
#
# Ends well when there is a browser that reports can be tried in. Where there is none it says so and installs Chromium
# with apt. Where nothing can be installed it only says what will be left out: on CI the tests fail without a browser,
# elsewhere they are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

for name in chromium chromium-browser google-chrome; do
    has "$name" && exit 0
done
if ! may_install || ! can_install; then
    say "    No browser is here, and none is installed: what reports look like in one is not tested."
    exit 0
fi
install_packages "no browser is here to try reports in" chromium
