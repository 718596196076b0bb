"""For each value the next one that is greater, and how far it is."""

# ruff: noqa
# mypy: ignore-errors


def next_greater(values):
    result = [None] * len(values)
    waiting = []
    for i, value in enumerate(values):
        while waiting and values[waiting[-1]] < value:
            result[waiting.pop()] = value
        waiting.append(i)
    return result


def days_until_warmer(temperatures):
    days = [0] * len(temperatures)
    waiting = []
    for today, temperature in enumerate(temperatures):
        while waiting and temperatures[waiting[-1]] < temperature:
            day = waiting.pop()
            days[day] = today - day
        waiting.append(today)
    return days


TESTS = r"""
next_greater([]) == []
next_greater([2, 1, 2, 4, 3]) == [4, 2, 4, None, None]
next_greater([5, 4, 3]) == [None, None, None]
next_greater([1, 1]) == [None, None]
days_until_warmer([30, 40, 50, 60]) == [1, 1, 1, 0]
days_until_warmer([73, 74, 75, 71, 69, 72, 76, 73]) == [1, 1, 4, 2, 1, 1, 0, 0]
days_until_warmer([50, 50, 51]) == [2, 1, 0]
"""

BUGS = r"""
-        while waiting and values[waiting[-1]] < value:
+        while waiting and values[waiting[-1]] <= value:

-            result[waiting.pop()] = value
-        waiting.append(i)
+            result[waiting.pop()] = i
+        waiting.append(i)

-        while waiting and temperatures[waiting[-1]] < temperature:
+        if waiting and temperatures[waiting[-1]] < temperature:

-            days[day] = today - day
+            days[day] = today
"""
