"""The page in a real browser: it loads in silence, fits a telephone, and can be read in light and dark."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from reasoncli.batch.page import html_batch
from reasoncli.reports.html import html_report
from tests.batch import pages as batches
from tests.conftest import browser
from tests.reports.pages import full, hostile

pytestmark = pytest.mark.browser

NARROW = 360  # CSS pixels, as a telephone has them
FRAME = """<!doctype html><title>outer</title>
<iframe src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe>
<pre id="seen"></pre>
<script>
function rgba(text) {{ const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; }}
function over(top, under) {{ return [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1); }}
function light(c) {{
  const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}}
onload = () => {{
  const page = document.querySelector("iframe").contentDocument, view = page.defaultView;
  page.querySelectorAll("details").forEach(each => each.open = true);
  const behind = e => {{
    const own = rgba(view.getComputedStyle(e).backgroundColor);
    return own[3] === 1 || !e.parentElement ? own : over(own, behind(e.parentElement));
  }};
  const poor = [];
  for (const e of page.body.querySelectorAll("*")) {{
    if (e.closest("svg") || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(rgba(view.getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(e.tagName + "." + e.className);
  }}
  const root = page.documentElement;
  document.getElementById("seen").textContent = JSON.stringify({{
    width: root.clientWidth, needed: root.scrollWidth, height: root.scrollHeight, poor: [...new Set(poor)],
    scheme: view.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    unreachable: [...page.querySelectorAll(".scroll")].filter(e => e.tabIndex !== 0).length,
    ran: "ran" in view || page.title === "ran", sections: page.querySelectorAll("section").length,
  }});
}};
</script>
"""
SORTED = """<!doctype html><title>outer</title>
<iframe src="page.html" style="width: 900px; height: 900px; border: 0"></iframe>
<pre id="seen"></pre>
<script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument, table = page.querySelector("table.sortable");
  const heads = [...table.tHead.rows[0].cells], buttons = [...table.tHead.querySelectorAll("button")];
  const keys = () => [...table.tBodies[0].rows].map(row => row.cells[1].textContent);
  const seen = { before: keys(), heads: heads.length, reachable: buttons.filter(b => b.tabIndex === 0).length };
  for (const name of ["issue", "votes", "state", "tokens", "#"])
    for (const time of [1, 2]) {
      const at = heads.findIndex(each => each.textContent === name);
      buttons[at].focus();
      buttons[at].click();
      seen[name + time] = [keys(), heads.map(each => each.getAttribute("aria-sort")).filter(Boolean).join(),
        heads[at].getAttribute("aria-sort"), page.getElementById("sorted").textContent,
        page.activeElement === buttons[at]];
    }
  document.getElementById("seen").textContent = JSON.stringify(seen);
};
</script>
"""


def tried(
    folder: Path, page: str, *, width: int = NARROW, dark: bool = False, frame: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """What is so of a page in a frame of this width with everything opened, and what the browser's console says."""
    program = browser()
    assert program is not None
    (folder / "page.html").write_text(page, "utf-8")
    (folder / "outer.html").write_text(frame or FRAME.format(width=width))
    done = subprocess.run(
        [
            program,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
            "--hide-scrollbars",
            *("--allow-file-access-from-files", "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}"),
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            *("--virtual-time-budget=5000", "--dump-dom", (folder / "outer.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr
    return json.loads(unescape(found[1])), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_loads_in_silence_fits_and_can_be_read(tmp_path: Path, dark: bool) -> None:
    seen, said = tried(tmp_path, html_report(full()), dark=dark)
    assert said == []
    assert seen["scheme"] == ("dark" if dark else "light")
    assert seen["sections"] == 7
    assert (seen["width"], seen["needed"]) == (NARROW, NARROW)
    assert seen["poor"] == []
    assert seen["unreachable"] == 0


def test_a_hostile_run_is_as_quiet_and_fits(tmp_path: Path) -> None:
    seen, said = tried(tmp_path, html_report(hostile()))
    assert said == []
    assert (seen["sections"], seen["needed"], seen["ran"]) == (7, NARROW, False)


def test_what_got_through_all_the_same_would_not_run(tmp_path: Path) -> None:
    inside = "<script>window.ran = document.title = 'ran'</script><img src=x onerror='window.ran = 1'><hr width=900>"
    page = html_report(full()).replace("</main>", f"{inside}</main>")
    seen, said = tried(tmp_path, page)
    assert not seen["ran"]
    assert any("Content Security Policy" in line for line in said)
    seen, _ = tried(tmp_path, re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", page))
    assert seen["ran"]  # so these tests would see it
    assert seen["needed"] > NARROW


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_of_a_batch_is_as_quiet_fits_and_can_be_read(tmp_path: Path, dark: bool) -> None:
    seen, said = tried(tmp_path, html_batch(batches.some(), ("reasoncli", "batch")), dark=dark)
    assert said == []
    assert (seen["scheme"], seen["sections"]) == ("dark" if dark else "light", 4)
    assert (seen["needed"], seen["poor"], seen["unreachable"]) == (NARROW, [], 0)
    seen, said = tried(tmp_path, html_batch(batches.hostile(), ("<script>",)), dark=dark)
    assert (said, seen["sections"], seen["needed"], seen["ran"]) == ([], 4, NARROW, False)


def test_in_the_page_of_a_batch_no_other_script_runs(tmp_path: Path) -> None:
    inside = "<script>window.ran = document.title = 'ran'</script><img src=x onerror='window.ran = 1'>"
    page = html_batch(batches.some(), ("reasoncli", "batch")).replace("</main>", f"{inside}</main>")
    seen, said = tried(tmp_path, page)
    assert not seen["ran"]
    assert any("Content Security Policy" in line for line in said)


def test_the_table_of_a_batch_is_sorted_by_its_heads(tmp_path: Path) -> None:
    seen, said = tried(tmp_path, html_batch(batches.some(), ("reasoncli", "batch")), frame=SORTED)
    assert said == []
    assert seen["reachable"] == seen["heads"] == 12
    listed = ["proj-10", "proj-9", "proj-2", "proj-33", "other-1", "other-7"]
    assert seen["before"] == listed
    by_name = ["other-1", "other-7", "proj-2", "proj-9", "proj-10", "proj-33"]
    assert seen["issue1"] == [by_name, "ascending", "ascending", "Sorted by issue, ascending.", True]
    assert seen["issue2"][:3] == [by_name[::-1], "descending", "descending"]
    unknown = ["proj-2", "proj-33", "other-1"]  # last in both directions, in the order of the list
    assert seen["votes1"][:2] == [["proj-9", "proj-10", "other-7", *unknown], "descending"]
    assert seen["votes2"][:2] == [["other-7", "proj-10", "proj-9", *unknown], "ascending"]
    assert seen["state1"][0] == ["proj-10", "other-7", "proj-9", "proj-33", "proj-2", "other-1"]
    assert seen["tokens2"][0] == ["proj-9", "other-7", "proj-10", "proj-33", "proj-2", "other-1"]
    assert (seen["#1"][0], seen["#2"][0]) == (listed, listed[::-1])
