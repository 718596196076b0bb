#!/usr/bin/env bash
# Opens a pull request with the patch, or comments with it. Nothing here runs code of the repository.
#
# in:  GH_TOKEN, MODE, KIND, NUMBER, BASE, BRANCH, STATUS, RUN, GITHUB_*; report.md in $RUNNER_TEMP/reasoncli-action
# out: url (of the pull request or the comment)

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export GIT_TERMINAL_PROMPT=0

# The repository's hooks don't run, and the token is in no argument and no file. What actions/checkout may have left as
# a header would be sent beside it.
here() {
  git -C "${GITHUB_WORKSPACE:?}" -c core.hooksPath=/dev/null -c core.fsmonitor=false \
    -c "http.$GITHUB_SERVER_URL/.extraheader=" -c credential.helper= \
    -c 'credential.helper=!f() { echo username=x-access-token; printf "password=%s\n" "$GH_TOKEN"; }; f' "$@"
}

made() { here show-ref --verify --quiet "refs/heads/${BRANCH:?}"; }

# Nothing of the issue's own words stands in a title: `[skip ci]` and `closes #1` would be obeyed there.
what=${NUMBER:+issue $NUMBER}
[[ ${KIND:?} == issue ]] || what="the failing tests of ${BASE:?}"
link="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"

body() {
  cat "$scratch/report.md"
  printf '\n---\n'
  if made; then
    [[ $KIND != issue ]] || printf 'Fixes #%s. ' "$NUMBER"
    printf 'Read the patch before you merge it: it is as right as the tests are strict.\n\n'
    printf 'To undo it: close this and delete the branch `%s`; after a merge, `git revert` the commit.\n\n' "$BRANCH"
  elif [[ $STATUS != none ]]; then
    printf 'Nothing was changed. To try the patch: save it as `fix.patch`, `git apply fix.patch`; to undo that, `git apply -R fix.patch`.\n\n'
  fi
  printf 'By [reasoncli](%s), run `%s`.\n' "$link" "${RUN:?}"
}

body >"$scratch/body.md"

if made; then
  here push --no-verify "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git" "refs/heads/$BRANCH:refs/heads/$BRANCH"
  draft=()
  [[ ${STATUS:?} == verified ]] || draft=(--draft)
  url=$(gh pr create --repo "$GITHUB_REPOSITORY" --base "$BASE" --head "$BRANCH" --title "Patch for $what" \
    --body-file "$scratch/body.md" ${draft[@]+"${draft[@]}"})
elif [[ -n ${NUMBER:-} && $KIND == issue ]]; then
  url=$(gh issue comment "$NUMBER" --repo "$GITHUB_REPOSITORY" --body-file "$scratch/body.md")
elif [[ -n ${NUMBER:-} ]]; then
  url=$(gh pr comment "$NUMBER" --repo "$GITHUB_REPOSITORY" --body-file "$scratch/body.md")
else
  url=$(gh api "repos/$GITHUB_REPOSITORY/commits/$(here rev-parse HEAD)/comments" -F "body=@$scratch/body.md" --jq .html_url)
fi
say "$url"
output url "$url"
