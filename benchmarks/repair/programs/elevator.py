"""The stops of an elevator that keeps its direction as long as it can."""

# ruff: noqa
# mypy: ignore-errors


def elevator(start, calls):
    pending = set(calls)
    floor = start
    direction = 1
    stops = []
    travelled = 0
    while pending:
        ahead = [call for call in pending if (call - floor) * direction >= 0]
        if not ahead:
            direction = -direction
            continue
        target = min(ahead, key=lambda call: abs(call - floor))
        travelled += abs(target - floor)
        floor = target
        pending.remove(target)
        stops.append(target)
    return stops, travelled


TESTS = r"""
elevator(0, []) == ([], 0)
elevator(2, [5, 3, 1]) == ([3, 5, 1], 7)
elevator(4, [1, 2]) == ([2, 1], 3)
elevator(3, [3]) == ([3], 0)
elevator(3, [3, 3, 6]) == ([3, 6], 3)
elevator(5, [9, 1, 7, 4]) == ([7, 9, 4, 1], 12)
elevator(0, [2, 1]) == ([1, 2], 2)
"""

BUGS = r"""
-        floor = target
         pending.remove(target)

-        travelled += abs(target - floor)
-        floor = target
+        floor = target
+        travelled += abs(target - floor)

-            direction = -direction
+            direction = 1

-        ahead = [call for call in pending if (call - floor) * direction >= 0]
+        ahead = [call for call in pending if (call - floor) * direction > 0]
"""
