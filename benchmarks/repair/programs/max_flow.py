"""The largest flow from a source to a sink, by shortest augmenting paths."""

# ruff: noqa
# mypy: ignore-errors

from collections import deque


def augmenting_path(capacity, source, sink):
    came_from = {source: None}
    queue = deque([source])
    while queue:
        node = queue.popleft()
        if node == sink:
            return came_from
        for other, free in capacity[node].items():
            if free > 0 and other not in came_from:
                came_from[other] = node
                queue.append(other)
    return None


def max_flow(edges, source, sink):
    capacity = {source: {}, sink: {}}
    for a, b, amount in edges:
        capacity.setdefault(a, {}).setdefault(b, 0)
        capacity.setdefault(b, {}).setdefault(a, 0)
        capacity[a][b] += amount
    total = 0
    while (came_from := augmenting_path(capacity, source, sink)) is not None:
        way = [sink]
        while came_from[way[-1]] is not None:
            way.append(came_from[way[-1]])
        way.reverse()
        amount = min(capacity[a][b] for a, b in zip(way, way[1:]))
        for a, b in zip(way, way[1:]):
            capacity[a][b] -= amount
            capacity[b][a] += amount
        total += amount
    return total


TESTS = r"""
max_flow([], "s", "t") == 0
max_flow([("s", "t", 5)], "s", "t") == 5
max_flow([("s", "t", 5), ("s", "t", 2)], "s", "t") == 7
max_flow([("s", "a", 3), ("a", "t", 2)], "s", "t") == 2
max_flow([("s", "a", 1), ("s", "b", 1), ("a", "b", 1), ("a", "t", 1), ("b", "t", 1)], "s", "t") == 2
max_flow([("s", "a", 10), ("s", "b", 5), ("a", "b", 15), ("a", "t", 4), ("b", "t", 10)], "s", "t") == 14
max_flow([("s", "a", 1), ("s", "b", 1), ("a", "c", 1), ("a", "d", 1), ("b", "c", 1), ("c", "t", 1), ("d", "t", 1)], "s", "t") == 2
max_flow([("a", "s", 4), ("a", "t", 4)], "s", "t") == 0
"""

BUGS = r"""
-            if free > 0 and other not in came_from:
+            if free >= 0 and other not in came_from:

-            if free > 0 and other not in came_from:
+            if other not in came_from:

-        amount = min(capacity[a][b] for a, b in zip(way, way[1:]))
+        amount = max(capacity[a][b] for a, b in zip(way, way[1:]))

-            capacity[b][a] += amount
-        total += amount
+        total += amount
"""
