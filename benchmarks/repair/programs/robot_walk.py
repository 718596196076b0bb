"""Where a robot ends that turns and steps on a grid."""

# ruff: noqa
# mypy: ignore-errors


def robot_walk(commands, size=10):
    x, y = 0, 0
    dx, dy = 0, 1
    for command in commands:
        if command == "L":
            dx, dy = -dy, dx
        elif command == "R":
            dx, dy = dy, -dx
        elif command == "F":
            if abs(x + dx) <= size and abs(y + dy) <= size:
                x += dx
                y += dy
        else:
            raise ValueError(command)
    return x, y


TESTS = r"""
robot_walk("") == (0, 0)
robot_walk("FF") == (0, 2)
robot_walk("RF") == (1, 0)
robot_walk("LF") == (-1, 0)
robot_walk("RRF") == (0, -1)
robot_walk("FRFRFRF") == (0, 0)
robot_walk("FFFF", size=3) == (0, 3)
robot_walk("FLFFLF") == (-2, 0)
robot_walk("RFFFFF", size=2) == (2, 0)
raises(ValueError, robot_walk, "FX")
"""

BUGS = r"""
-            dx, dy = -dy, dx
+            dx, dy = dy, dx

-            dx, dy = dy, -dx
+            dx, dy = -dy, dx

-            if abs(x + dx) <= size and abs(y + dy) <= size:
+            if abs(x + dx) < size and abs(y + dy) < size:

-                x += dx
-                y += dy
+                x += dx
+                y += dx
"""
