"""Strongly connected components of a directed graph, by Tarjan."""

# ruff: noqa
# mypy: ignore-errors


def strong_components(graph):
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = set()
            while True:
                other = stack.pop()
                on_stack.remove(other)
                component.add(other)
                if other == node:
                    break
            found.append(component)

    for node in graph:
        if node not in index:
            visit(node)
    return found


TESTS = r"""
strong_components({}) == []
strong_components({1: []}) == [{1}]
strong_components({1: [2], 2: [1]}) == [{1, 2}]
strong_components({1: [2], 2: []}) == [{2}, {1}]
strong_components({1: [2], 2: [3], 3: [1], 4: [3]}) == [{1, 2, 3}, {4}]
strong_components({1: [2, 3], 2: [], 3: [2]}) == [{2}, {3}, {1}]
strong_components({1: [2], 2: [3], 3: [4, 2], 4: []}) == [{4}, {2, 3}, {1}]
strong_components({1: [2], 2: [], 3: [2, 4], 4: [3]}) == [{2}, {1}, {3, 4}]
"""

BUGS = r"""
-            elif other in on_stack:
-                low[node] = min(low[node], index[other])
+            else:
+                low[node] = min(low[node], index[other])

-                visit(other)
-                low[node] = min(low[node], low[other])
+                visit(other)

-                if other == node:
-                    break
+                if not stack:
+                    break
"""
