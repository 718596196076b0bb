"""Hostile patches against the real verifier in Docker: what became of each family.

    python -m benchmarks.hostile [--family WORD] [--every]

Escaped: the patch passes its tests though by the table it must not. Without a flag: it passes and nothing is said,
though the table doesn't name it undetectable. Lost: after it, the same worker judged a fix or a change of nothing
wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.security import bench
from tests.security.hostile import FLAGGED, FORBIDDEN, UNDETECTABLE


def main() -> int:
    """Run the table and print it; 1 if anything escaped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="", help="only families whose name holds this")
    parser.add_argument("--every", action="store_true", help="a line for each patch")
    arguments = parser.parse_args()
    image = os.environ.get("REASONCLI_BASE_IMAGE", "reasoncli-base:bookworm")
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    escaped, unflagged, lost = [], [], []
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, bench.opened(Path(folder) / "bench", image) as opened:
        for each in bench.ALL:
            if arguments.family not in each.family:
                continue
            outcome, why = opened.outcome(each)
            outcomes[each.family][outcome] += 1
            if outcome in (FLAGGED, UNDETECTABLE) and outcome not in each.expected:
                escaped.append(each.id)
            if outcome == UNDETECTABLE and UNDETECTABLE not in each.expected:
                unflagged.append(each.id)
            ran = outcome != FORBIDDEN
            if (ran and not opened.works_on()) or not opened.host_untouched():
                lost.append(each.id)
            if arguments.every:
                print(f"{outcome:13} {each.id}  ({why[:90]})", flush=True)
        replaced = opened.replaced
    words = (FORBIDDEN, "broken", "timeout", "failure", FLAGGED, UNDETECTABLE)
    print(f"| family | patches | {' | '.join(words)} |")
    print("|---" * (len(words) + 2) + "|")
    for family, counts in outcomes.items():
        print(f"| {family} | {counts.total()} | {' | '.join(str(counts[word]) for word in words)} |")
    total = sum(counts.total() for counts in outcomes.values())
    seconds = time.perf_counter() - started
    print(
        f"{len(outcomes)} families, {total} patches in {seconds:.0f} s: {len(escaped)} escaped, "
        f"{len(unflagged)} passed without a flag (besides those named undetectable), {len(lost)} workers lost "
        f"for good, {replaced} containers replaced"
    )
    for name in (*escaped, *unflagged, *lost):
        print(f"  {name}")
    return 1 if escaped or unflagged or lost else 0


if __name__ == "__main__":
    sys.exit(main())
