"""The largest worth of jobs that don't overlap."""

# ruff: noqa
# mypy: ignore-errors

from bisect import bisect_right


def choose_jobs(jobs):
    jobs = sorted(jobs, key=lambda job: job[1])
    ends = [end for _, end, _ in jobs]
    best = [0]
    for i, (start, _, worth) in enumerate(jobs):
        before = bisect_right(ends, start, 0, i)
        best.append(max(best[-1], best[before] + worth))
    return best[-1]


TESTS = r"""
choose_jobs([]) == 0
choose_jobs([(1, 3, 5)]) == 5
choose_jobs([(1, 3, 5), (3, 5, 4)]) == 9
choose_jobs([(1, 4, 5), (3, 5, 6), (5, 8, 2)]) == 8
choose_jobs([(1, 2, 50), (3, 5, 20), (6, 19, 100), (2, 100, 200)]) == 250
choose_jobs([(1, 10, 3), (2, 3, 2), (4, 5, 2)]) == 4
choose_jobs([(5, 6, 1), (1, 2, 1), (1, 6, 3)]) == 3
"""

BUGS = r"""
-    jobs = sorted(jobs, key=lambda job: job[1])
+    jobs = sorted(jobs, key=lambda job: job[0])

-        best.append(max(best[-1], best[before] + worth))
+        best.append(best[before] + worth)

-        before = bisect_right(ends, start, 0, i)
+        before = bisect_right(ends, start, 0, i) - 1

-    best = [0]
+    best = [1]
"""
