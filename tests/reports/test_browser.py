"""The page in a real browser: it loads in silence, fits a telephone, and can be read in light and dark."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from reasoncli.reports.html import html_report
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


def tried(folder: Path, page: str, *, width: int = NARROW, dark: bool = False) -> tuple[dict[str, Any], list[str]]:
    """What is so of a page in a frame of this width with everything opened, and what the browser's console says."""
    program = browser()
    assert program is not None
    (folder / "page.html").write_text(page, "utf-8")
    (folder / "outer.html").write_text(FRAME.format(width=width))
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
