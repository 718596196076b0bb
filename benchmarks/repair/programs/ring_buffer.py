"""A queue of fixed size that overwrites its oldest element."""

# ruff: noqa
# mypy: ignore-errors


class RingBuffer:
    def __init__(self, size):
        self.slots = [None] * size
        self.start = 0
        self.count = 0

    def push(self, item):
        end = (self.start + self.count) % len(self.slots)
        self.slots[end] = item
        if self.count == len(self.slots):
            self.start = (self.start + 1) % len(self.slots)
        else:
            self.count += 1

    def pop(self):
        if self.count == 0:
            raise IndexError("empty")
        item = self.slots[self.start]
        self.start = (self.start + 1) % len(self.slots)
        self.count -= 1
        return item

    def items(self):
        return [self.slots[(self.start + i) % len(self.slots)] for i in range(self.count)]


def filled(size, values, pops=0):
    buffer = RingBuffer(size)
    for value in values:
        buffer.push(value)
    return [buffer.pop() for _ in range(pops)], buffer.items()


TESTS = r"""
filled(3, []) == ([], [])
filled(3, [1, 2]) == ([], [1, 2])
filled(3, [1, 2, 3, 4]) == ([], [2, 3, 4])
filled(3, [1, 2, 3, 4, 5, 6, 7]) == ([], [5, 6, 7])
filled(2, [1, 2, 3], 1) == ([2], [3])
filled(3, [1, 2], 2) == ([1, 2], [])
raises(IndexError, filled, 2, [1], 2)
filled(1, [1, 2, 3]) == ([], [3])
"""

BUGS = r"""
-        end = (self.start + self.count) % len(self.slots)
+        end = self.start + self.count

-        if self.count == len(self.slots):
+        if self.count > len(self.slots):

-        self.count -= 1
         return item

-        if self.count == 0:
+        if self.start == 0:
"""
