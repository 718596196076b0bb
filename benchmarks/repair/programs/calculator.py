"""Evaluates sums and products with parentheses by recursive descent."""

# ruff: noqa
# mypy: ignore-errors

import re


class Calculator:
    def __init__(self, text):
        self.tokens = re.findall(r"\d+|[-+*/()]", text)
        self.position = 0

    def peek(self):
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self):
        token = self.peek()
        self.position += 1
        return token

    def expression(self):
        value = self.term()
        while self.peek() in ("+", "-"):
            if self.take() == "+":
                value += self.term()
            else:
                value -= self.term()
        return value

    def term(self):
        value = self.factor()
        while self.peek() in ("*", "/"):
            if self.take() == "*":
                value *= self.factor()
            else:
                value //= self.factor()
        return value

    def factor(self):
        token = self.take()
        if token == "-":
            return -self.factor()
        if token == "(":
            value = self.expression()
            self.take()
            return value
        return int(token)


def calculate(text):
    return Calculator(text).expression()


TESTS = r"""
calculate("1") == 1
calculate("1 + 2 * 3") == 7
calculate("(1 + 2) * 3") == 9
calculate("10 - 4 - 3") == 3
calculate("-2 * (3 + -1)") == -4
calculate("2 * (3 + 4) - 5 * (6 - 1)") == -11
calculate("7 / 2 * 2") == 6
calculate("((8))") == 8
"""

BUGS = r"""
-            self.take()
-            return value
+            return value

-        self.position += 1
-        return token
+        return token

-                value -= self.term()
+                value -= self.expression()

-            value = self.expression()
-            self.take()
+            value = self.term()
+            self.take()
"""
