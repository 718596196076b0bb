"""Search/replace blocks, as aider made them known, in the many ways in which models write them.

A block is a line `<<<<<<< SEARCH`, the lines as they are, a line `=======`, the lines as they should be, and a
line `>>>>>>> REPLACE`; the file's path stands above it or on the first line of the fence around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.patches.outcome import Rejected
from reasoncli.patches.paths import clean, looks_like_path

_HEAD = re.compile(r"^\s*<{5,9}\s*(?:SEARCH|ORIGINAL)\b\s*>?\s*:?\s*(?P<path>\S*)\s*$", re.IGNORECASE)
_DIVIDER = re.compile(r"^\s*={5,9}\s*$")
_TAIL = re.compile(r"^\s*[<>]{5,9}\s*(?:REPLACE|UPDATED)\b.*$", re.IGNORECASE)
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})(?P<info>.*)$")
_LEAD = re.compile(
    r"^(?:\*\*)?\s*(?:file(?:name)?|path|in|edit|modify|update|create)\b(?:\s+file)?\s*[:=]?\s*", re.IGNORECASE
)
_REMARK = re.compile(r"\s+\([^()]*\)\s*:?\s*$")  # `path (modified):`
_LONGEST_MARKER = 600  # characters; longer lines are code, and no food for regular expressions
_QUOTED = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """One edit as written.

    Attributes:
        path: as resolved so far; `None` if the completion names none.
        body: the lines between the markers, dividers among them.
        dividers: indices into `body` that may part search from replace.
    """

    path: str | None
    body: tuple[str, ...]
    dividers: tuple[int, ...]

    def sides(self, divider: int) -> tuple[list[str], list[str]]:
        """Search lines and replace lines."""
        return list(self.body[:divider]), list(self.body[divider + 1 :])


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    return pattern.match(line) if len(line) <= _LONGEST_MARKER else None


def has_blocks(text: str) -> bool:
    """Whether a text holds the opening marker of a block."""
    return any(_match(_HEAD, line) for line in text.split("\n"))


def parse_blocks(text: str, *, cut_off: bool = False) -> list[Block]:
    """Read all blocks of a completion.

    Args:
        text: the completion.
        cut_off: it ended at the token limit, so a block left open is not whole.

    Raises:
        Rejected: `unparsable`.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    blocks: list[Block] = []
    path: str | None = None
    index = last_end = 0
    while index < len(lines):
        head = _match(_HEAD, lines[index])
        if head is None:
            index += 1
            continue
        named = clean(head["path"]) if looks_like_path(clean(head["path"])) else None
        path = named or _path_above(lines[last_end:index]) or path
        start = index + 1
        end, closed = _end_of_block(lines, start)
        if not closed and (cut_off or end == len(lines) or not any(map(str.strip, lines[end:]))):
            raise Rejected("unparsable", "the answer ends inside a block")
        body = lines[start:end]
        dividers = tuple(offset for offset, line in enumerate(body) if _match(_DIVIDER, line))
        if not dividers:
            raise Rejected("unparsable", "a block has no ======= between what to search and what to put there")
        block = Block(path, tuple(body), dividers)
        if block not in blocks:  # said twice, as in a draft and at last, it is meant once
            blocks.append(block)
        index = last_end = end + closed
    if not blocks:
        raise Rejected("unparsable", "the answer holds no search/replace block")
    return blocks


def _end_of_block(lines: Sequence[str], start: int) -> tuple[int, bool]:
    """Index of the closing marker; without one, of the fence or block that follows the divider, or the end."""
    divided = False
    fallback: int | None = None
    for index in range(start, len(lines)):
        if _match(_TAIL, lines[index]):
            return index, True
        if _match(_HEAD, lines[index]):
            return (index if fallback is None else fallback), False
        fence = _match(_FENCE, lines[index])
        if divided and fallback is None and fence and not fence["info"].strip():
            fallback = index
        divided = divided or bool(_match(_DIVIDER, lines[index]))
    end = len(lines) if fallback is None else fallback
    while fallback is None and end > start and not lines[end - 1].strip():
        end -= 1
    return end, False


def _path_above(lines: Sequence[str]) -> str | None:
    """The path named in the fence, on its info line, or in the last lines of text above it."""
    seen = 0
    for line in reversed(lines):
        if not line.strip() or len(line) > _LONGEST_MARKER:
            continue
        fence = _match(_FENCE, line)
        found = _path_in_info(fence["info"]) if fence else _path_in_line(line)
        if found:
            return found
        if not fence:
            seen += 1
        if seen >= 3:
            return None
    return None


def _path_in_info(info: str) -> str | None:
    for word in re.split(r"[\s:=]+", info):
        if looks_like_path(clean(word)):
            return clean(word)
    return None


def _path_in_line(line: str) -> str | None:
    bare = re.sub(r"^\s*(?:#+|//|--|;|\*|-|\d+[.)]|<!--)\s*", "", line)
    bare = _REMARK.sub("", _LEAD.sub("", bare))
    whole = clean(bare.removesuffix("-->"))
    if looks_like_path(whole):
        return whole
    quoted = [clean(word) for word in _QUOTED.findall(line)]
    paths = [word for word in quoted if looks_like_path(word)]
    if paths:
        return paths[-1]
    words = [clean(word) for word in bare.split()]
    named = [word for word in words if "/" in word and re.search(r"\.\w{1,8}$", word) and looks_like_path(word)]
    return named[0] if len(named) == 1 else None
