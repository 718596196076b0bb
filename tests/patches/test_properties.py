"""Edits by chance, written the way models write them: what is accepted is what was meant."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.domain import ChatContent, Completion, Form, Patch, Prompt, Rejection
from reasoncli.patches.completions import from_diff, parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree

LINES = st.sampled_from(["a", "    b", "        c", "", "d = 1", "    e  # x", "\tf"])


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[str], int, int, list[str]]:
    lines = draw(st.lists(LINES, min_size=1, max_size=25))
    start = draw(st.integers(0, len(lines) - 1))
    stop = draw(st.integers(start + 1, min(len(lines), start + 6)))
    new = draw(st.lists(LINES, max_size=4))
    return lines, start, stop, new


def join(lines: list[str], end: str) -> bytes:
    return "".join(line + end for line in lines).encode()


def indented(line: str, by: str) -> str:
    return by + line if line.strip() else line


@settings(max_examples=400, deadline=None)
@given(edits(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["exact", "right", "trailing", "numbers", "blank"]))
def test_blocks(edit: tuple[list[str], int, int, list[str]], end: str, slip: str) -> None:
    lines, start, stop, new = edit
    search, replace = lines[start:stop], list(new)
    match slip:
        case "right":
            search, replace = [indented(x, "  ") for x in search], [indented(x, "  ") for x in replace]
        case "trailing":
            search = [line + "  " for line in search]
        case "numbers":
            search = [f"{start + 1 + n}: {line}" for n, line in enumerate(search)]
            replace = [f"{start + 1 + n}: {line}" for n, line in enumerate(replace)]
        case "blank":
            search, replace = ["", *search, ""], ["", *replace, ""]
    if slip == "blank" and any(lines[at : at + len(search)] == search for at in range(len(lines))):
        return  # by chance this quotes another place
    text = "\n".join(["m.txt", "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"])
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent(()), files=("m.txt",))
    tree = MemoryTree({"m.txt": join(lines, end)})
    result = parse(Completion("p", text, 1, (), 1, "stop"), prompt, tree, Policy())
    meant = join(lines[:start] + new + lines[stop:], end)
    windows = [lines[at : at + stop - start] for at in range(len(lines))]
    blanks = [line for line in lines[start:stop] if not line.strip()]
    if isinstance(result, Patch):
        accepted = result.changes[0].content
        assert accepted is not None
        # Blank lines around a quote may stay or go; everything else is as meant.
        if slip == "blank" or blanks:
            assert [x for x in accepted.decode().split() if x] == [x for x in meant.decode().split() if x]
        else:
            assert accepted == meant
    else:
        unique = windows.count(lines[start:stop]) == 1
        if result.kind == "ambiguous":
            stripped = [[line.strip() for line in window] for window in windows]
            own = [line.strip() for line in lines[start:stop]]
            trimmed = "\n".join(own).strip("\n")
            assert not unique or stripped.count(own) > 1 or "\n".join(map(str.strip, lines)).count(trimmed) > 1
        elif result.kind == "unappliable":
            assert not any(line.strip() for line in lines[start:stop]) or slip in {"numbers", "right"}
        else:
            assert result.kind == "no-change"


@settings(max_examples=300, deadline=None)
@given(edits(), st.sampled_from(["none", "numbers off", "exact"]), st.integers(-9, 9), st.booleans())
def test_hunks(edit: tuple[list[str], int, int, list[str]], header: str, off: int, strip: bool) -> None:
    lines, start, stop, new = edit
    first, last = max(0, start - 3), min(len(lines), stop + 3)
    body = [" " + x for x in lines[first:start]] + ["-" + x for x in lines[start:stop]]
    body += ["+" + x for x in new] + [" " + x for x in lines[stop:last]]
    if strip:
        body = [line.rstrip() if line[0] == " " else line for line in body]
    number = first + 1 + (off if header == "numbers off" else 0)
    old_count, new_count = last - first, last - first - (stop - start) + len(new)
    if header == "exact" and not new_count:
        return  # git writes another number for an empty side
    at = "@@ ... @@" if header == "none" else f"@@ -{max(number, 1)},{old_count} +{max(number, 1)},{new_count} @@"
    diff = "\n".join(["--- a/m.txt", "+++ b/m.txt", at, *body]) + "\n"
    result = from_diff(diff, MemoryTree({"m.txt": join(lines, "\n")}), Policy())
    meant = join(lines[:start] + new + lines[stop:], "\n")
    if isinstance(result, Patch):
        if header != "numbers off":
            assert result.changes[0].content == meant
    elif header == "exact":
        assert isinstance(result, Rejection)
        assert result.kind == "no-change"
        assert lines[start:stop] == new
