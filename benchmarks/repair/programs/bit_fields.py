"""Reads, writes and reverses bits of a word."""

# ruff: noqa
# mypy: ignore-errors


def get_bits(word, start, width):
    return (word >> start) & ((1 << width) - 1)


def set_bits(word, start, width, value):
    mask = ((1 << width) - 1) << start
    return (word & ~mask) | ((value << start) & mask)


def reverse_bits(word, width=8):
    result = 0
    for _ in range(width):
        result = (result << 1) | (word & 1)
        word >>= 1
    return result


TESTS = r"""
get_bits(0b110100, 2, 3) == 0b101
get_bits(255, 4, 4) == 15
set_bits(0, 2, 3, 0b101) == 0b10100
set_bits(0b11111111, 2, 3, 0) == 0b11100011
set_bits(0, 0, 2, 7) == 3
reverse_bits(0b00000001) == 0b10000000
reverse_bits(0b1101, 4) == 0b1011
reverse_bits(reverse_bits(77)) == 77
"""

BUGS = r"""
-    return (word >> start) & ((1 << width) - 1)
+    return (word >> start) & (1 << width)

-    return (word & ~mask) | ((value << start) & mask)
+    return word | ((value << start) & mask)

-    return (word & ~mask) | ((value << start) & mask)
+    return (word & ~mask) | (value << start)

-        result = (result << 1) | (word & 1)
-        word >>= 1
+        result = (result << 1) | (word & 1)
+        word <<= 1
"""
