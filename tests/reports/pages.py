"""A page as a browser would read it, and runs in which everything that can be is hostile."""

from __future__ import annotations

import dataclasses
import itertools
from html.parser import HTMLParser
from types import MappingProxyType

from reasoncli.domain import Clue, Contrast, Excerpt, Issue, Suspect, Target
from reasoncli.reports.summary import Summary
from reasoncli.voting.sampled import sampled
from tests.reports.replay import BASELINE, candidates, summary

HOSTILE = (
    "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover='x' {{ 7*7 }} {% raw %}"
    "<a href=javascript:alert(1)>\x1b[31mred\x1b]0;owned\x07 \u202egnp.exe \u2066x\x00\ud800 &lt;b&gt; "
    "<!-- ]]> --><svg onload=x>"
)
_ALLOWED = frozenset(
    {
        *(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "a",
            "header",
            "nav",
            "main",
            "section",
            "footer",
            "h1",
            "h2",
        ),
        *(
            "h3",
            "p",
            "ul",
            "li",
            "dl",
            "dt",
            "dd",
            "div",
            "span",
            "pre",
            "details",
            "summary",
            "table",
            "caption",
            "thead",
        ),
        *(
            "tbody",
            "tr",
            "th",
            "td",
            "figure",
            "figcaption",
            "svg",
            "desc",
            "text",
            "rect",
            "line",
            "polyline",
            "polygon",
        ),
        "circle",
    }
)


class Page(HTMLParser):
    """What is in a page: its tags with their attributes, its text, and the ids in it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "line", "circle", "polyline", "polygon"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closes nothing, at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def inert(self, *, scripts: int = 0) -> None:
        """It runs nothing but so many scripts of ours, loads nothing, leads nowhere else, and shows nothing in another
        order than it is written.
        """
        assert self.open == []
        assert {name for name, _ in self.tags} - {"script"} <= _ALLOWED
        assert [name for name, _ in self.tags].count("script") == scripts
        assert self.policy.count("script-src 'sha256-") == scripts
        assert [name for name, _ in self.tags].count("style") == 1
        for name, attributes in self.tags:
            for key, value in attributes.items():
                assert not key.startswith("on"), (name, key)
                assert key not in ("style", "src", "srcset", "action", "xlink:href"), (name, key)
                assert key != "href" or str(value).startswith("#"), value
        assert {each["content"] for each in self.named("meta") if each.get("http-equiv")} == {self.policy}
        assert self.policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in self.policy
        assert "url(" not in self.source
        assert "@import" not in self.source
        for char in "\x1b\x07\x00\u202e\u2066\ud800":
            assert char not in self.source

    def accessible(self) -> None:
        """Names that are pointed to exist once, headings go down one by one, tables and pictures have names."""
        ids = [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        for _, attributes in self.tags:
            pointed = str(attributes.get("aria-labelledby") or "").split()
            pointed += [str(attributes["href"])[1:]] if "href" in attributes else []
            assert set(pointed) <= set(ids)
        levels = [int(name[1]) for name, _ in self.tags if name in ("h1", "h2", "h3")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        for landmark in ("header", "nav", "main", "footer"):
            assert len(self.named(landmark)) == 1
        for picture in self.named("svg"):
            assert picture.get("role") == "img" or picture.get("viewbox") == "0 0 34 12"  # the key, hidden from readers
        for region in self.named("div"):
            if region.get("tabindex"):
                assert region.get("role") == "region"
                assert region.get("aria-label")

    @property
    def policy(self) -> str:
        return next(str(each["content"]) for each in self.named("meta") if each.get("http-equiv"))


def full() -> Summary:
    """A run with everything that a page can show."""
    found = [dataclasses.replace(each, drawn=((0, int(each.votes)),)) for each in candidates()]
    base = summary()
    assert base.decision is not None
    contrasts = (Contrast(2, "divide(1, 2)", "", "returns 0.5", "returns 0"),)
    return dataclasses.replace(
        base,
        candidates=tuple(found),
        decision=dataclasses.replace(base.decision, contrasts=contrasts),
        sampled=sampled(found, [48], 2, 16),
        spent=(("samples", 48, 1_600), ("judges", 8, 72)),
        excerpts=(
            Excerpt("src/calc.py", 14, ("def divide(a, b):", "    if not b:", "        raise", "    return a // b")),
        ),
        created=1_800_000_000.0,
        manifest=MappingProxyType(
            {
                "command": ("reasoncli", "fix", "."),
                "seed": 7,
                "repository": "/home/me/calc",
                "commit": "c" * 40,
                "settings": {"samples": "48"},
                "prompts": ["p0"],
            }
        ),
    )


def hostile() -> Summary:
    """The same, with text in it everywhere that would do harm if it were taken for anything but text."""
    base = full()
    assert base.decision is not None
    found = []
    for each in base.candidates:
        verdict = each.verdict
        assert verdict is not None
        named = dataclasses.replace(
            verdict,
            targets_failed=(HOSTILE,),
            reason=HOSTILE,
            output=HOSTILE * 50,
            suspicions=(HOSTILE,),
        )
        change = dataclasses.replace(each.patch.changes[0], path=HOSTILE)
        diff = each.patch.diff + f"+{HOSTILE}\n+++ {HOSTILE}\n@@ {HOSTILE}\n"
        patch = dataclasses.replace(each.patch, changes=(change,), diff=diff, dropped=(HOSTILE,))
        found.append(dataclasses.replace(each, patch=patch, verdict=named))
    contrasts = tuple(Contrast(i, HOSTILE, HOSTILE, HOSTILE, HOSTILE) for i in range(len(found)))
    return dataclasses.replace(
        base,
        run=base.run,
        stored=HOSTILE,
        issue=Issue(HOSTILE * 20, HOSTILE, HOSTILE, HOSTILE),
        decision=dataclasses.replace(base.decision, reasons=(HOSTILE,), stopped_early=HOSTILE, contrasts=contrasts),
        candidates=tuple(found),
        baseline=dataclasses.replace(BASELINE, targets=(Target(HOSTILE, HOSTILE),)),
        suspects=(Suspect(HOSTILE, 2, HOSTILE, 1, 3, 0.9, (Clue(HOSTILE, 0.9, HOSTILE),)),),
        excerpts=(Excerpt(HOSTILE, 1, (HOSTILE,) * 3),),
        rejected=MappingProxyType({HOSTILE: 3}),
        stages=((HOSTILE, 2.0, HOSTILE), ("b", 1.0, "")),
        spent=((HOSTILE, 1, 5), ("b", 1, 2)),
        applied=(HOSTILE,),
        warnings=(HOSTILE,),
        error=HOSTILE,
        manifest=MappingProxyType({"command": ("reasoncli", HOSTILE), "seed": 1, HOSTILE: {HOSTILE: HOSTILE}}),
    )
