"""A singly linked list with insertion, removal and a middle."""

# ruff: noqa
# mypy: ignore-errors


class Node:
    def __init__(self, value, following=None):
        self.value = value
        self.following = following


class LinkedList:
    def __init__(self, values=()):
        self.head = None
        for value in reversed(list(values)):
            self.head = Node(value, self.head)

    def __iter__(self):
        node = self.head
        while node is not None:
            yield node.value
            node = node.following

    def append(self, value):
        if self.head is None:
            self.head = Node(value)
            return
        node = self.head
        while node.following is not None:
            node = node.following
        node.following = Node(value)

    def remove(self, value):
        before, node = None, self.head
        while node is not None and node.value != value:
            before, node = node, node.following
        if node is None:
            return False
        if before is None:
            self.head = node.following
        else:
            before.following = node.following
        return True

    def middle(self):
        slow = fast = self.head
        while fast is not None and fast.following is not None:
            slow = slow.following
            fast = fast.following.following
        return slow.value if slow else None


def after(values, method, *arguments):
    made = LinkedList(values)
    return getattr(made, method)(*arguments), list(made)


TESTS = r"""
list(LinkedList()) == []
list(LinkedList("abc")) == ["a", "b", "c"]
after([], "append", 1) == (None, [1])
after([1, 2], "append", 3) == (None, [1, 2, 3])
after([1, 2, 3], "remove", 1) == (True, [2, 3])
after([1, 2, 3], "remove", 3) == (True, [1, 2])
after([1, 2], "remove", 5) == (False, [1, 2])
after([1, 2, 3], "middle")[0] == 2
after([1, 2, 3, 4], "middle")[0] == 3
after([], "middle")[0] is None
"""

BUGS = r"""
-        while node.following is not None:
+        while node is not None:

-            self.head = Node(value)
-            return
+            self.head = Node(value)

-            self.head = node.following
+            self.head = node

-        while node is not None and node.value != value:
+        while node is not None and node.value == value:
"""
