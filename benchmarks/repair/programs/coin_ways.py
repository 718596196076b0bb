"""In how many ways an amount can be paid, and the fewest coins for it."""

# ruff: noqa
# mypy: ignore-errors


def coin_ways(coins, amount):
    ways = [1] + [0] * amount
    for coin in coins:
        for value in range(coin, amount + 1):
            ways[value] += ways[value - coin]
    return ways[amount]


def fewest_coins(coins, amount):
    fewest = [0] + [None] * amount
    for value in range(1, amount + 1):
        for coin in coins:
            if coin <= value and fewest[value - coin] is not None:
                count = fewest[value - coin] + 1
                if fewest[value] is None or count < fewest[value]:
                    fewest[value] = count
    return fewest[amount]


TESTS = r"""
coin_ways([1, 2, 5], 5) == 4
coin_ways([2], 3) == 0
coin_ways([3, 7], 0) == 1
coin_ways([1, 5, 10, 25], 30) == 18
fewest_coins([1, 2, 5], 11) == 3
fewest_coins([2], 3) is None
fewest_coins([1, 3, 4], 6) == 2
fewest_coins([5], 0) == 0
fewest_coins([5, 1, 4], 8) == 2
"""

BUGS = r"""
-    ways = [1] + [0] * amount
+    ways = [0] + [0] * amount

-        for value in range(coin, amount + 1):
+        for value in range(coin, amount):

-                if fewest[value] is None or count < fewest[value]:
+                if fewest[value] is None or count > fewest[value]:

-            if coin <= value and fewest[value - coin] is not None:
+            if coin < value and fewest[value - coin] is not None:
"""
