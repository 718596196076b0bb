"""Groups of connected items, by a forest of parents."""

# ruff: noqa
# mypy: ignore-errors


class UnionFind:
    def __init__(self, size):
        self.parent = list(range(size))
        self.size = [1] * size
        self.groups = size

    def find(self, item):
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def union(self, a, b):
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]
        self.groups -= 1
        return True


def joined(size, pairs):
    forest = UnionFind(size)
    done = [forest.union(a, b) for a, b in pairs]
    return forest, done


TESTS = r"""
joined(3, [])[0].groups == 3
joined(3, [(0, 1)])[0].groups == 2
joined(4, [(0, 1), (1, 0), (2, 3)])[1] == [True, False, True]
joined(4, [(0, 1), (2, 3), (0, 3)])[0].groups == 1
(lambda f: f.find(0) == f.find(3))(joined(4, [(0, 1), (2, 3), (1, 2)])[0])
(lambda f: f.size[f.find(4)])(joined(5, [(0, 1), (1, 2), (4, 3), (2, 4)])[0]) == 5
(lambda f: f.find(0) != f.find(2))(joined(3, [(0, 1)])[0])
(lambda f: f.size[f.find(0)])(joined(6, [(0, 1), (2, 3), (3, 4), (0, 2)])[0]) == 5
"""

BUGS = r"""
-        a, b = self.find(a), self.find(b)
         if a == b:

-        self.size[a] += self.size[b]
+        self.size[a] += 1

-        self.groups -= 1
         return True
"""
