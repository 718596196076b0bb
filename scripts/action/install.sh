#!/usr/bin/env bash
# Installs reasoncli from this action's own checkout into an environment of its own.
#
# in:  GITHUB_ACTION_PATH, GITHUB_PATH

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for tool in git gh jq python3 docker; do
  command -v "$tool" >/dev/null || fail "$tool is not on this runner"
done
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed on this runner"
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet "${GITHUB_ACTION_PATH:?}"
printf '%s\n' "$scratch/venv/bin" >>"${GITHUB_PATH:?}"
