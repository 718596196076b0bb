"""A binary search tree: insertion, height, order and the lowest common ancestor."""

# ruff: noqa
# mypy: ignore-errors


class Tree:
    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None

    def insert(self, key):
        if key < self.key:
            if self.left is None:
                self.left = Tree(key)
            else:
                self.left.insert(key)
        elif key > self.key:
            if self.right is None:
                self.right = Tree(key)
            else:
                self.right.insert(key)


def build(keys):
    root = Tree(keys[0])
    for key in keys[1:]:
        root.insert(key)
    return root


def height(tree):
    if tree is None:
        return 0
    return 1 + max(height(tree.left), height(tree.right))


def in_order(tree):
    if tree is None:
        return []
    return in_order(tree.left) + [tree.key] + in_order(tree.right)


def common_ancestor(tree, a, b):
    while tree is not None:
        if max(a, b) < tree.key:
            tree = tree.left
        elif min(a, b) > tree.key:
            tree = tree.right
        else:
            return tree.key
    return None


TESTS = r"""
in_order(build([5])) == [5]
in_order(build([5, 2, 8, 1, 9, 3])) == [1, 2, 3, 5, 8, 9]
in_order(build([2, 2, 1, 2])) == [1, 2]
height(build([1])) == 1
height(build([1, 2, 3])) == 3
height(build([2, 1, 3])) == 2
common_ancestor(build([5, 2, 8, 1, 3]), 1, 3) == 2
common_ancestor(build([5, 2, 8, 1, 3]), 3, 8) == 5
common_ancestor(build([5, 2, 8, 6, 9]), 9, 6) == 8
common_ancestor(build([5, 2, 8]), 2, 2) == 2
"""

BUGS = r"""
-        elif key > self.key:
+        else:

-                self.left.insert(key)
+                self.right.insert(key)

-    return 1 + max(height(tree.left), height(tree.right))
+    return max(height(tree.left), height(tree.right))

-    return in_order(tree.left) + [tree.key] + in_order(tree.right)
+    return [tree.key] + in_order(tree.left) + in_order(tree.right)
"""
