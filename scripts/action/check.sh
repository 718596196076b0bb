#!/usr/bin/env bash
# Decides whether the event is one to work on, and writes down the issue.
#
# in:  GH_TOKEN, INPUT_LABEL, GITHUB_EVENT_NAME, GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_WORKSPACE
# out: run (true, false), kind (issue, tests), number (of the issue, or of the pull request whose tests are red), base,
#      branch; the issue's text in $RUNNER_TEMP/reasoncli-action/issue.md

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

here() { git -C "${GITHUB_WORKSPACE:?}" "$@"; }

branch_name() { git check-ref-format "refs/heads/$1" || decline "the branch has no name that git knows"; }

# Only whoever may push may have a run started: a label says that somebody has read the issue and wants it.
by_a_writer() {
  local who=$1 right
  [[ $who =~ ^[A-Za-z0-9-]+(\[bot\])?$ ]] || decline "the name of whoever set the label can't be read"
  right=$(gh api "repos/$GITHUB_REPOSITORY/collaborators/$who/permission" --jq .permission) || right=none
  case $right in
    admin | maintain | write) ;;
    *) decline "$who, who set the label, may not write to this repository" ;;
  esac
}

issue() {
  [[ $(event .action) == labeled ]] || decline "the issue was not labelled"
  [[ $(event .label.name) == "${INPUT_LABEL:?}" ]] || decline "it is another label"
  [[ -z $(event .issue.pull_request) ]] || decline "that is a pull request"
  [[ $(event .issue.state) == open ]] || decline "the issue is closed"
  by_a_writer "$(event .sender.login)"
  kind=issue
  number=$(event .issue.number)
  number "$number" || decline "the issue has no number"
  # The text as it was when the label was set: what is edited in later was read by nobody.
  # Its first line becomes a commit's subject, and holds no word of it: `closes #1` would be obeyed there.
  jq -r '"Issue \(.issue.number)\n\n\(.issue.title)\n\n\(.issue.body // "")"' "$GITHUB_EVENT_PATH" >"$scratch/issue.md"
  base=$(event .repository.default_branch)
}

red_tests() {
  [[ $(event .workflow_run.conclusion) == failure ]] || decline "that run did not fail"
  # A fork's code would run here with this repository's token around it.
  [[ $(event .workflow_run.head_repository.full_name) == "$GITHUB_REPOSITORY" ]] || decline "the run was of a fork's code"
  [[ $(event .repository.full_name) == "$GITHUB_REPOSITORY" ]] || decline "the run was of another repository"
  case $(event .workflow_run.event) in
    push | pull_request | schedule | workflow_dispatch | merge_group) ;;
    *) decline "runs of this kind are not worked on" ;;
  esac
  base=$(event .workflow_run.head_branch)
  branch_name "$base"
  [[ $base != reasoncli/* ]] || decline "that branch is ours: a patch of a patch helps nobody"
  [[ $(here rev-parse HEAD) == "$(event .workflow_run.head_sha)" ]] ||
    fail "check out github.event.workflow_run.head_sha: the failure was there"
  kind=tests
  number=$(event '.workflow_run.pull_requests[0].number')
  number "$number" || number=
  local run_id
  run_id=$(event .workflow_run.id)
  number "$run_id" || decline "the run has no number"
  {
    printf 'Tests fail\n\nThe tests fail at this commit. What they said:\n\n'
    # For where the fault may be. Without it the tests are run all the same.
    gh run view "$run_id" --repo "$GITHUB_REPOSITORY" --log-failed 2>/dev/null |
      cut -f 3- | sed 's/^[0-9T:.-]*Z //' | tail -c 20000 || true
  } >"$scratch/issue.md"
}

case ${GITHUB_EVENT_NAME:?} in
  issues) issue ;;
  workflow_run) red_tests ;;
  pull_request_target) decline "pull_request_target is refused: it is how a fork's code gets at secrets" ;;
  *) decline "this event is neither a labelled issue nor the end of a run of tests" ;;
esac

branch_name "$base"
number "${GITHUB_RUN_ID:?}" && number "${GITHUB_RUN_ATTEMPT:?}" || fail "this run has no number"
output run true
output kind "$kind"
output number "$number"
output base "$base"
output branch "reasoncli/$kind${number:+-$number}-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT"
