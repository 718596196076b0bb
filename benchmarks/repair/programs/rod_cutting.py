"""The best price for a rod, and how to cut it."""

# ruff: noqa
# mypy: ignore-errors


def rod_cutting(prices, length):
    best = [0] * (length + 1)
    first_cut = [0] * (length + 1)
    for size in range(1, length + 1):
        for cut in range(1, min(size, len(prices)) + 1):
            value = prices[cut - 1] + best[size - cut]
            if value > best[size]:
                best[size] = value
                first_cut[size] = cut
    cuts = []
    rest = length
    while rest > 0 and first_cut[rest] > 0:
        cuts.append(first_cut[rest])
        rest -= first_cut[rest]
    return best[length], cuts


TESTS = r"""
rod_cutting([1, 5, 8, 9], 0) == (0, [])
rod_cutting([1, 5, 8, 9], 4) == (10, [2, 2])
rod_cutting([1, 5, 8, 9, 10, 17, 17, 20], 8) == (22, [2, 6])
rod_cutting([3], 3) == (9, [1, 1, 1])
rod_cutting([0, 0, 7], 3) == (7, [3])
rod_cutting([1, 5], 5) == (11, [1, 2, 2])
rod_cutting([], 2) == (0, [])
"""

BUGS = r"""
-            value = prices[cut - 1] + best[size - cut]
+            value = prices[cut - 1] + best[size - cut - 1]

-        for cut in range(1, min(size, len(prices)) + 1):
+        for cut in range(1, min(size, len(prices))):

-                first_cut[size] = cut
+                first_cut[size] = size

-        for cut in range(1, min(size, len(prices)) + 1):
+        for cut in range(1, size + 1):
"""
