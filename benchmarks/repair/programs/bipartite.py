"""Splits a graph in two groups without edges inside, or None."""

# ruff: noqa
# mypy: ignore-errors

from collections import deque


def bipartite(graph):
    side = {}
    for start in graph:
        if start in side:
            continue
        side[start] = 0
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for neighbour in graph[node]:
                if neighbour not in side:
                    side[neighbour] = 1 - side[node]
                    queue.append(neighbour)
                elif side[neighbour] == side[node]:
                    return None
    left = {node for node in side if side[node] == 0}
    return left, set(side) - left


TESTS = r"""
bipartite({}) == (set(), set())
bipartite({1: [2], 2: [1]}) == ({1}, {2})
bipartite({1: [2, 3], 2: [1, 3], 3: [1, 2]}) is None
bipartite({1: [2], 2: [1, 3], 3: [2, 4], 4: [3]}) == ({1, 3}, {2, 4})
bipartite({1: [], 2: [3], 3: [2]}) == ({1, 2}, {3})
bipartite({1: [2], 2: [1], 3: [4, 5], 4: [3, 5], 5: [3, 4]}) is None
bipartite({1: [2, 4], 2: [1, 3], 3: [2, 4], 4: [3, 1]}) == ({1, 3}, {2, 4})
"""

BUGS = r"""
-                    side[neighbour] = 1 - side[node]
+                    side[neighbour] = side[node]

-                elif side[neighbour] == side[node]:
+                elif side[neighbour] != side[node]:

-                    side[neighbour] = 1 - side[node]
-                    queue.append(neighbour)
+                    side[neighbour] = 1 - side[node]

-    return left, set(side) - left
+    return left, set(graph) & left
"""
