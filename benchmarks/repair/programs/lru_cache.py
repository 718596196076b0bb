"""A cache that forgets what was used longest ago."""

# ruff: noqa
# mypy: ignore-errors

from collections import OrderedDict


class Cache:
    def __init__(self, capacity):
        self.capacity = capacity
        self.items = OrderedDict()

    def get(self, key, default=None):
        if key not in self.items:
            return default
        self.items.move_to_end(key)
        return self.items[key]

    def put(self, key, value):
        self.items[key] = value
        self.items.move_to_end(key)
        if len(self.items) > self.capacity:
            self.items.popitem(last=False)


def play(capacity, moves):
    cache = Cache(capacity)
    seen = []
    for move in moves:
        if len(move) == 2:
            cache.put(*move)
        else:
            seen.append(cache.get(move[0]))
    return seen


TESTS = r"""
play(2, [("a", 1), ("a",)]) == [1]
play(1, [("a", 1), ("b", 2), ("a",), ("b",)]) == [None, 2]
play(2, [("a", 1), ("b", 2), ("a",), ("c", 3), ("a",), ("b",)]) == [1, 1, None]
play(2, [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("a",), ("b",)]) == [3, None]
play(2, [("x",)]) == [None]
Cache(2).get("x", 7) == 7
play(3, [("a", 1), ("b", 2), ("c", 3), ("a",), ("b",), ("c",)]) == [1, 2, 3]
"""

BUGS = r"""
-        self.items.move_to_end(key)
-        return self.items[key]
+        return self.items[key]

-            self.items.popitem(last=False)
+            self.items.popitem()

-        if len(self.items) > self.capacity:
+        if len(self.items) >= self.capacity:

-            return default
+            return None
"""
