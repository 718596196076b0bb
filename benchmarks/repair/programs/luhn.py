"""Check digits of card numbers."""

# ruff: noqa
# mypy: ignore-errors


def luhn_sum(number):
    total = 0
    for position, char in enumerate(reversed(number)):
        digit = int(char)
        if position % 2 == 1:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return total


def is_valid(number):
    number = number.replace(" ", "")
    return number.isdigit() and len(number) > 1 and luhn_sum(number) % 10 == 0


def check_digit(number):
    return (10 - luhn_sum(number + "0") % 10) % 10


TESTS = r"""
is_valid("79927398713")
not is_valid("79927398710")
is_valid("4539 3195 0343 6467")
not is_valid("0")
not is_valid("4539a")
is_valid("059")
check_digit("7992739871") == 3
check_digit("0") == 0
check_digit("1234") == 4
"""

BUGS = r"""
-        if position % 2 == 1:
+        if position % 2 == 0:

-            if digit > 9:
-                digit -= 9
         total += digit

-            if digit > 9:
+            if digit > 10:

-    return (10 - luhn_sum(number + "0") % 10) % 10
+    return 10 - luhn_sum(number + "0") % 10
"""
