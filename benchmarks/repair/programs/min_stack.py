"""A stack that knows its smallest element."""

# ruff: noqa
# mypy: ignore-errors


class MinStack:
    def __init__(self):
        self.items = []
        self.smallest = []

    def push(self, item):
        self.items.append(item)
        if not self.smallest or item <= self.smallest[-1]:
            self.smallest.append(item)

    def pop(self):
        item = self.items.pop()
        if item == self.smallest[-1]:
            self.smallest.pop()
        return item

    def minimum(self):
        return self.smallest[-1] if self.smallest else None


def minima(moves):
    stack = MinStack()
    seen = []
    for move in moves:
        if move is None:
            stack.pop()
        else:
            stack.push(move)
        seen.append(stack.minimum())
    return seen


TESTS = r"""
minima([]) == []
minima([3, 1, 2]) == [3, 1, 1]
minima([3, 1, None]) == [3, 1, 3]
minima([1, 1, None]) == [1, 1, 1]
minima([2, None]) == [2, None]
minima([5, 3, 3, 4, None, None, None]) == [5, 3, 3, 3, 3, 3, 5]
minima([1, 2, None, 0]) == [1, 1, 1, 0]
"""

BUGS = r"""
-        if not self.smallest or item <= self.smallest[-1]:
+        if not self.smallest or item < self.smallest[-1]:

-        if item == self.smallest[-1]:
-            self.smallest.pop()
-        return item
+        self.smallest.pop()
+        return item

-        return self.smallest[-1] if self.smallest else None
+        return self.smallest[0] if self.smallest else None

-        if item == self.smallest[-1]:
+        if item != self.smallest[-1]:
"""
