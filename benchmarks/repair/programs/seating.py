"""Fills seats in a circle so that guests sit as far apart as possible."""

# ruff: noqa
# mypy: ignore-errors


def gap(seats, index):
    distance = 0
    size = len(seats)
    while distance < size:
        if seats[(index + distance) % size] or seats[(index - distance) % size]:
            return distance
        distance += 1
    return size


def next_seat(seats):
    best, best_gap = None, 0
    for index in range(len(seats)):
        if seats[index]:
            continue
        free = gap(seats, index)
        if free > best_gap:
            best, best_gap = index, free
    return best


def seat_all(size, guests):
    seats = [None] * size
    for guest in guests:
        place = next_seat(seats)
        if place is None:
            break
        seats[place] = guest
    return seats


TESTS = r"""
next_seat([]) is None
next_seat([None, None]) == 0
next_seat(["a", None, None, None]) == 2
next_seat(["a", "b"]) is None
seat_all(4, "ab") == ["a", None, "b", None]
seat_all(2, "abc") == ["a", "b"]
seat_all(6, "abc") == ["a", "c", None, "b", None, None]
gap(["a", None, None, None, None], 4) == 1
"""

BUGS = r"""
-        if seats[(index + distance) % size] or seats[(index - distance) % size]:
+        if seats[(index + distance) % size]:

-        if free > best_gap:
-            best, best_gap = index, free
+        if free > best_gap:
+            best = index

-        if free > best_gap:
+        if free >= best_gap:

-        if place is None:
+        if not place:
"""
