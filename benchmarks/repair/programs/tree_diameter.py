"""The number of edges of the longest path in a tree."""

# ruff: noqa
# mypy: ignore-errors


def farthest(tree, start):
    best = (0, start)
    stack = [(start, None, 0)]
    while stack:
        node, parent, distance = stack.pop()
        best = max(best, (distance, node))
        for child in tree[node]:
            if child != parent:
                stack.append((child, node, distance + 1))
    return best


def tree_diameter(tree):
    if not tree:
        return 0
    _, end = farthest(tree, next(iter(tree)))
    length, _ = farthest(tree, end)
    return length


TESTS = r"""
tree_diameter({}) == 0
tree_diameter({1: []}) == 0
tree_diameter({1: [2], 2: [1]}) == 1
tree_diameter({2: [1, 3], 1: [2], 3: [2]}) == 2
tree_diameter({1: [2, 3, 4], 2: [1], 3: [1], 4: [1, 5], 5: [4]}) == 3
tree_diameter({3: [2, 4], 2: [1, 3], 1: [2], 4: [3, 5], 5: [4]}) == 4
farthest({1: [2], 2: [1]}, 1) == (1, 2)
"""

BUGS = r"""
-    length, _ = farthest(tree, end)
+    length, _ = farthest(tree, next(iter(tree)))

-            if child != parent:
+            if child != start:

-        best = max(best, (distance, node))
+        best = min(best, (distance, node))

-                stack.append((child, node, distance + 1))
+                stack.append((child, node, distance))
"""
