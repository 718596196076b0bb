"""The prompt for a test that shows an issue: the issue, the project's own tests nearby, and suspect functions."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment

from reasoncli import python_source
from reasoncli.domain import ChatContent, Form, Issue, Prompt, Suspect
from reasoncli.prompting.excerpts import Excerpt, Files, class_heads, covers, import_blocks, suspect_functions
from reasoncli.prompting.options import CountTokens, PromptOptions, Read
from reasoncli.prompting.prompts import prompt
from reasoncli.prompting.prose import plain, shortened
from reasoncli.prompting.templates import environment

_ISSUE_PART = 0.5  # of the budget
_SAMPLE_PART = 0.25  # of what the issue leaves
_SHORTENINGS = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file of tests that is asked for.

    Attributes:
        path: where it will stand.
        beside: the project's own file of tests that shows how they are written.
        command: how the project's tests run.
    """

    path: str
    beside: str
    command: str


def reproduction_prompt(
    issue: Issue,
    suspects: Sequence[Suspect],
    read: Read,
    wanted: Wanted,
    *,
    count_tokens: CountTokens,
    context: int,
    options: PromptOptions,
) -> Prompt:
    """A prompt for a chat model, as much shown in it as fits; what doesn't is left out from the least suspect on.

    Args:
        issue: untrusted.
        suspects: places outside the tests, most suspect first.
        read: bytes of a file of the base by path.
        wanted: the file to write.
        count_tokens: length of a prompt.
        context: tokens that prompt and answer may have together.
        options: limits.
    """
    files = Files(read)
    budget = min(context - options.answer_tokens - options.thinking_tokens, options.prompt_tokens)
    page = _Page(environment(), wanted, options.answer_tokens, plain(issue.text).strip())
    empty = count_tokens(replace(page, issue="").prompt())
    for _ in range(_SHORTENINGS):
        if count_tokens(page.prompt()) <= empty + _ISSUE_PART * (budget - empty):
            break
        page = replace(page, issue=shortened(plain(issue.text).strip(), int(len(page.issue) * 0.7)))
    told = count_tokens(page.prompt())
    page = _with_sample(page, files, count_tokens, told + int(_SAMPLE_PART * (budget - told)))
    functions = suspect_functions(suspects, files, options.functions)
    for excerpt in (*functions, *class_heads(functions, files), *import_blocks(functions, files)):
        more = replace(page, excerpts=(*page.excerpts, excerpt))
        if not any(covers(other, excerpt) for other in page.excerpts) and count_tokens(more.prompt()) <= budget:
            page = more
    return page.prompt()


def _with_sample(page: _Page, files: Files, count_tokens: CountTokens, limit: int) -> _Page:
    """The neighbouring tests: the whole file, or as many of its statements from the top as fit."""
    path = page.wanted.beside
    whole, module = files.whole(path), files.module(path)
    if whole is None or module is None:
        return page
    shown = replace(page, sample=whole)
    if count_tokens(shown.prompt()) <= limit:
        return shown
    found = page
    for end in _ends(module):
        beginning = files.excerpt(path, "<module>", 1, end)
        shown = replace(page, sample=beginning, whole=False)
        if beginning is None or count_tokens(shown.prompt()) > limit:
            break
        found = shown
    return found


def _ends(module: ast.Module) -> list[int]:
    """Last lines of the statements of a module, and of the members of its classes."""
    ends = {statement.end_lineno or statement.lineno for statement in module.body}
    for owner in module.body:
        if isinstance(owner, ast.ClassDef):
            ends |= {
                each.end_lineno or each.lineno for each in owner.body if isinstance(each, python_source.Definition)
            }
    return sorted(ends)


@dataclass(frozen=True, slots=True)
class _Page:
    """What is told."""

    jinja: Environment
    wanted: Wanted
    answer_tokens: int
    issue: str
    sample: Excerpt | None = None
    whole: bool = True
    excerpts: tuple[Excerpt, ...] = ()

    def prompt(self) -> Prompt:
        order = list(dict.fromkeys(excerpt.path for excerpt in self.excerpts))
        text = self.jinja.get_template("reproduction_user.jinja").render(
            issue=self.issue,
            sample=self.sample,
            whole=self.whole,
            command=self.wanted.command,
            path=self.wanted.path,
            excerpts=sorted(self.excerpts, key=lambda excerpt: (order.index(excerpt.path), excerpt.start)),
        )
        system = self.jinja.get_template("reproduction_system.jinja").render()
        return prompt(
            Form.TEST,
            ChatContent((("system", system), ("user", text))),
            max_tokens=self.answer_tokens,
            files=tuple(order),
        )
