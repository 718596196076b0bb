"""The fewest coins for an amount, and which."""

# ruff: noqa
# mypy: ignore-errors


def fewest_coins(coins, amount):
    fewest = [0] + [None] * amount
    last = [None] * (amount + 1)
    for value in range(1, amount + 1):
        for coin in coins:
            if coin <= value and fewest[value - coin] is not None:
                count = fewest[value - coin] + 1
                if fewest[value] is None or count < fewest[value]:
                    fewest[value] = count
                    last[value] = coin
    if fewest[amount] is None:
        return None
    paid = []
    while amount > 0:
        paid.append(last[amount])
        amount -= last[amount]
    return sorted(paid)


TESTS = r"""
fewest_coins([1, 2, 5], 11) == [1, 5, 5]
fewest_coins([2], 3) is None
fewest_coins([1, 3, 4], 6) == [3, 3]
fewest_coins([5], 0) == []
fewest_coins([5, 1, 4], 8) == [4, 4]
fewest_coins([7], 7) == [7]
fewest_coins([], 1) is None
"""

BUGS = r"""
-            if coin <= value and fewest[value - coin] is not None:
+            if coin < value and fewest[value - coin] is not None:

-                if fewest[value] is None or count < fewest[value]:
+                if fewest[value] is None or count > fewest[value]:

-                count = fewest[value - coin] + 1
+                count = fewest[value - coin]

-        amount -= last[amount]
+        amount -= 1
"""
