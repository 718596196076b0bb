"""Search/replace prompts for chat models.

Several prompts show different parts of the code: what a model sees steers what it tries, and a vote lives on
samples that don't all make the same mistake. Each is asked in several ways (`schedule.py`). The task comes last, so
that prompts which show the same code have all that comes before it in common, and it is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment

from reasoncli.domain import ChatContent, Form, Issue, Prompt, Suspect, TestResult
from reasoncli.prompting.excerpts import (
    Excerpt,
    Files,
    callers,
    class_heads,
    covers,
    import_blocks,
    suspect_functions,
    test_source,
)
from reasoncli.prompting.options import CountTokens, PromptOptions, Read
from reasoncli.prompting.prompts import prompt, shared_out
from reasoncli.prompting.prose import plain, shortened
from reasoncli.prompting.schedule import Turn, turns
from reasoncli.prompting.templates import environment

_STORY_PART = 0.5  # of the budget that issue and tests may take from the code
_OUTPUT = 1_500  # characters of a test's output
_SHORTENINGS = 12
_CALLERS = 4  # functions


@dataclass(frozen=True, slots=True)
class View:
    """One choice of code to show.

    Attributes:
        share: of the samples.
        part: of the budget for code that may be filled.
        whole_files: show the suspect files in full where they fit, before functions.
        functions: how many functions at most.
        heads: whether constructors of the classes, imports of the files concerned and callers are shown as well.
    """

    share: float
    part: float
    whole_files: bool
    functions: int
    heads: bool


VIEWS = (
    View(0.40, 1.0, whole_files=False, functions=12, heads=True),
    View(0.25, 1.0, whole_files=True, functions=12, heads=False),
    View(0.20, 0.5, whole_files=False, functions=3, heads=True),
    View(0.15, 0.3, whole_files=False, functions=1, heads=False),
)


def chat_prompts(
    issue: Issue,
    suspects: Sequence[Suspect],
    read: Read,
    failures: Sequence[TestResult],
    *,
    count_tokens: CountTokens,
    context: int,
    options: PromptOptions,
) -> list[Prompt]:
    """Prompts with different views of the code, asked in different ways, each within the context; shares sum to 1.

    Returns:
        the prompts; none if no suspect function fits the context.
    """
    files = Files(read)
    budget = min(context - options.answer_tokens - options.thinking_tokens, options.prompt_tokens)
    writer = _Writer(environment(), count_tokens, options)
    ranked = suspect_functions(suspects, files, options.functions)
    story = _fitting_story(writer, issue, failures, files, budget)
    prompts = []
    for view in VIEWS:
        shown = _choose(view, ranked, files, writer, story, budget)
        if shown:
            prompts += [
                replace(writer.write(story, shown, turn), share=view.share * turn.share)
                for turn in turns(warmths=options.warmths)
            ]
    return shared_out(prompts)


def _choose(
    view: View, ranked: Sequence[Excerpt], files: Files, writer: _Writer, story: _Story, budget: int
) -> list[Excerpt]:
    """Excerpts in the order of suspicion, each whole, as long as they fit; one that doesn't is passed over."""
    base = writer.tokens(story, ())
    limit = base + int(view.part * (budget - base))
    wanted = list(ranked[: view.functions])
    if view.whole_files:
        paths = dict.fromkeys(excerpt.path for excerpt in wanted)
        wanted = [whole for path in paths if (whole := files.whole(path)) is not None] + wanted
    if view.heads:
        beside = [*class_heads(wanted, files), *import_blocks(wanted, files)]
        wanted += [*beside, *callers(ranked[: view.functions], files, _CALLERS)]
    shown: list[Excerpt] = []
    for excerpt in wanted:
        if any(covers(other, excerpt) for other in shown):
            continue
        if writer.tokens(story, [*shown, excerpt]) <= limit:
            shown.append(excerpt)
    if not shown:  # a small part may be too small for any function; then the most suspect one that fits at all
        shown = next(([excerpt] for excerpt in ranked if writer.tokens(story, [excerpt]) <= budget), [])
    order = list(dict.fromkeys(excerpt.path for excerpt in shown))
    return sorted(shown, key=lambda excerpt: (order.index(excerpt.path), excerpt.start))


def _fitting_story(writer: _Writer, issue: Issue, failures: Sequence[TestResult], files: Files, budget: int) -> _Story:
    """Issue and failing tests within their part of the budget: fewer tests first, then a shorter issue."""
    text = plain(issue.text).strip()
    tests = tuple(_test(result, files) for result in failures[: writer.options.tests])
    limit = int(_STORY_PART * budget) + writer.tokens(_Story("", ()), ()) // 2
    while len(tests) > 1 and writer.tokens(_Story(text, tests), ()) > limit:
        tests = tests[:-1]
    if tests and writer.tokens(_Story(text, tests), ()) > limit:
        tests = (replace(tests[0], source=None),)
    story = _Story(text, tests)
    for _ in range(_SHORTENINGS):
        if writer.tokens(story, ()) <= limit:
            break
        story = replace(story, issue=shortened(text, int(len(story.issue) * 0.7)))
    return story


def _test(result: TestResult, files: Files) -> _Test:
    told = result.traceback if result.message in result.traceback else f"{result.traceback}\n{result.message}"
    return _Test(result.id, test_source(result, files), shortened(plain(told).strip(), _OUTPUT, keep_end=0.8))


@dataclass(frozen=True, slots=True)
class _Test:
    id: str
    source: Excerpt | None
    output: str


@dataclass(frozen=True, slots=True)
class _Story:
    """What is told beside the code."""

    issue: str
    tests: tuple[_Test, ...]


class _Writer:
    def __init__(self, jinja: Environment, count_tokens: CountTokens, options: PromptOptions) -> None:
        self._jinja = jinja
        self._count = count_tokens
        self.options = options
        self._system = jinja.get_template("search_replace_system.jinja").render()
        self._longest = max(turns(warmths=False), key=lambda turn: len(self._task(turn)))

    def write(self, story: _Story, excerpts: Sequence[Excerpt], turn: Turn) -> Prompt:
        text = self._jinja.get_template("search_replace_user.jinja").render(
            issue=story.issue, tests=story.tests, excerpts=excerpts, task=self._task(turn)
        )
        return prompt(
            Form.SEARCH_REPLACE,
            ChatContent((("system", self._system), ("user", text))),
            max_tokens=self.options.answer_tokens,
            files=tuple(dict.fromkeys(excerpt.path for excerpt in excerpts)),
            warmth=turn.warmth,
        )

    def tokens(self, story: _Story, excerpts: Sequence[Excerpt]) -> int:
        """With the longest wording of the task: all ways of asking show the same."""
        return self._count(self.write(story, excerpts, self._longest))

    def _task(self, turn: Turn) -> str:
        return self._jinja.get_template("search_replace_task.jinja").render(wording=turn.wording).strip()
