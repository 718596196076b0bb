"""Texts that try to be more than text, and a run all of whose texts are such."""

from __future__ import annotations

import dataclasses

from reasoncli.domain import Issue, Patch
from reasoncli.reports.summary import Summary
from reasoncli.voting.ballot import decide
from tests.reports.replay import candidates, patch, summary

TEXTS = (
    "@everyone look at #1, owner/repo#2 and GH-3",
    "![x](https://evil.test/p.png) [y](https://evil.test) <https://evil.test> https://evil.test www.evil.test",
    "<img src=https://evil.test/p.png> <script>alert(1)</script> <details open> -->",
    "``` `````\n```\n# heading\n\n- item\n1. one\n> quote\n***\n| a | b |\n|---|---|",
    "~~~ ]]> <![CDATA[ &lt; &amp; &#64;everyone",
    "\x00\x01\x0b\x1b[31mred\x1b]0;title\x07\x7f\x85\u2028\u202e\ud800\udfff\ufffe\uffff\U0010ffff",
    "x\n::error file=a::b\n::add-mask::secret\n  ::set-output name=a::b\n##[add-mask]secret\r\n::stop-commands::t",
    "%0A::error::x %25 , : ;",
    "\\`\\`\\` \\@everyone `@everyone` ``",
    "a\n\n[link]: https://evil.test\n\n[^1]: note\n\n$$x$$ :smile: |x|",
)


def hostile(text: str) -> Summary:
    """A verified run in which every text that somebody else may have written is this one."""
    first, *rest = candidates()
    verdict = first.verdict
    assert verdict is not None
    change = dataclasses.replace(patch(0, "x").changes[0], path=f"src/{text}.py")
    lines = "".join(f"+{line}\n" for line in text.split("\n"))
    bad = Patch((change,), f"--- a/{text}\n+++ b/{text}\n@@ -1 +1 @@\n-x\n{lines}", "e", "v", 2, dropped=(text,))
    verdict = dataclasses.replace(verdict, reason=text, targets_passed=(text,), suspicions=(text,))
    found = (dataclasses.replace(first, patch=bad, verdict=verdict), *rest)
    base = summary()
    decision = decide(found, targets=2, samples=64)
    return dataclasses.replace(
        base,
        issue=Issue(text, text, text),
        candidates=found,
        decision=dataclasses.replace(decision, chosen=0, reasons=(text,), stopped_early=text),
        applied=(text,),
        warnings=(text,),
        stored=text,
    )
