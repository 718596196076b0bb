# Shared by the steps of action.yml. All input comes by environment variables; none of it is ever evaluated.

set -euo pipefail

readonly scratch="${RUNNER_TEMP:?}/reasoncli-action"
mkdir -p "$scratch"

# say TEXT: one line in the log that the runner takes for text, whatever stands in it.
say() {
  printf 'reasoncli: %s\n' "$(printf '%s' "$1" | tr -c '[:print:]' ' ' | sed 's/##\[/## [/g')"
}

# output NAME VALUE: an output of this step; a value is one line.
output() {
  printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr -d '\r\n')" >>"${GITHUB_OUTPUT:?}"
}

# decline WHY: this is nothing to work on, which is no failure.
decline() {
  say "nothing is done: $1"
  output run false
  exit 0
}

# fail WHY
fail() {
  say "$1" >&2
  exit 1
}

# event FILTER: a value of the event that started the workflow, `null` as an empty text.
event() {
  jq -r "($1) // empty" "${GITHUB_EVENT_PATH:?}"
}

# number TEXT: whether it is a plain number.
number() {
  [[ $1 =~ ^[0-9]{1,12}$ ]]
}
