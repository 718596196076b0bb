"""How many rooms a list of meetings needs."""

# ruff: noqa
# mypy: ignore-errors

import heapq


def meeting_rooms(meetings):
    ends = []
    most = 0
    for start, end in sorted(meetings):
        while ends and ends[0] <= start:
            heapq.heappop(ends)
        heapq.heappush(ends, end)
        most = max(most, len(ends))
    return most


TESTS = r"""
meeting_rooms([]) == 0
meeting_rooms([(9, 10)]) == 1
meeting_rooms([(9, 10), (10, 11)]) == 1
meeting_rooms([(9, 12), (10, 11), (11, 13)]) == 2
meeting_rooms([(0, 30), (5, 10), (15, 20)]) == 2
meeting_rooms([(1, 5), (2, 6), (3, 7), (8, 9)]) == 3
meeting_rooms([(4, 5), (2, 3), (1, 2), (2, 4)]) == 2
"""

BUGS = r"""
-        while ends and ends[0] <= start:
+        while ends and ends[0] < start:

-        heapq.heappush(ends, end)
+        heapq.heappush(ends, start)

-        most = max(most, len(ends))
     return most
+    most = len(ends)
"""
