"""From suspects to prompts, in the form that suits the model."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reasoncli.domain import Issue, Prompt, Suspect, TestResult
from reasoncli.prompting.options import CountTokens, PromptOptions, Read


def build_prompts(
    abilities: Collection[str],
    issue: Issue,
    suspects: Sequence[Suspect],
    read: Read,
    failures: Sequence[TestResult],
    *,
    count_tokens: CountTokens,
    context: int,
    options: PromptOptions | None = None,
) -> list[Prompt]:
    """Prompts for a model: search/replace for one that chats, else infills, else line repairs.

    Args:
        abilities: what the model takes, as `Ability` names them: `chat`, `infill`, `line-repair`, `hunk-repair`.
        issue: shown to models that read prose; untrusted.
        suspects: places outside the tests, most suspect first.
        read: bytes of a file of the base by path.
        failures: the failing tests' results at the base, the most telling first.
        count_tokens: length of a prompt.
        context: tokens that prompt and answer may have together.
        options: limits; the default ones if absent.

    Returns:
        prompts with shares that sum to 1, largest first; none where nothing suspect can be shown.
    """
    options = options or PromptOptions()
    if "chat" in abilities:
        from reasoncli.prompting.chat import chat_prompts  # Jinja is needed only here

        prompts = chat_prompts(
            issue, suspects, read, failures, count_tokens=count_tokens, context=context, options=options
        )
    elif "infill" in abilities:
        from reasoncli.prompting.infill import infill_prompts

        prompts = infill_prompts(
            issue, suspects, read, failures, count_tokens=count_tokens, context=context, options=options
        )
    elif "line-repair" in abilities:
        from reasoncli.prompting.hints import test_hints
        from reasoncli.prompting.repair import Asking, repair_prompts

        asking = Asking(hunks=True, hints=test_hints(failures, read)) if "hunk-repair" in abilities else Asking()
        prompts = repair_prompts(
            suspects, read, count_tokens=count_tokens, context=context, options=options, asking=asking
        )
    else:
        prompts = []
    return sorted(prompts, key=lambda each: -each.share)
