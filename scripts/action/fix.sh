#!/usr/bin/env bash
# Looks for a patch, and commits it on a branch of its own. No token is here.
#
# in:  MODE (pull-request, comment), BRANCH, GITHUB_WORKSPACE, INPUT_MAX_SECONDS, INPUT_MODEL, INPUT_ARGUMENTS
# out: status (verified, ..., none, failed), run (its id); result.json and report.md in $RUNNER_TEMP/reasoncli-action

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

unset GH_TOKEN GITHUB_TOKEN ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_RUNTIME_TOKEN

delivery=(--branch "${BRANCH:?}")
[[ ${MODE:?} == pull-request ]] || delivery=(--dry-run)

# Words of a maintainer's workflow file, one a line: not split, not expanded.
arguments=()
while IFS= read -r line; do
  [[ -z $line ]] || arguments+=("$line")
done <<<"${INPUT_ARGUMENTS:-}"

export REASONCLI_STATE_DIR="$scratch/state"
export GIT_AUTHOR_NAME=reasoncli GIT_AUTHOR_EMAIL=reasoncli@users.noreply.github.com
export GIT_COMMITTER_NAME=reasoncli GIT_COMMITTER_EMAIL=reasoncli@users.noreply.github.com

code=0
reasoncli fix "${GITHUB_WORKSPACE:?}" --issue "$scratch/issue.md" "${delivery[@]}" --json \
  ${INPUT_MAX_SECONDS:+--max-seconds "$INPUT_MAX_SECONDS"} ${INPUT_MODEL:+--model "$INPUT_MODEL"} \
  --junit-report "$scratch/junit.xml" ${arguments[@]+"${arguments[@]}"} \
  >"$scratch/result.json" || code=$?

status=$(jq -r '.status // "failed"' "$scratch/result.json" 2>/dev/null) || status=failed
run=$(jq -r '.run.id // empty' "$scratch/result.json" 2>/dev/null) || run=
[[ $status =~ ^[a-z]+$ ]] || status=failed
[[ $run =~ ^[0-9a-z-]*$ ]] || run=
output status "$status"
output run "$run"
output exit-code "$code"
[[ -z $run ]] || reasoncli runs show "$run" --markdown >"$scratch/report.md"
case $code in
  0 | 1) ;;
  *) exit "$code" ;;
esac
