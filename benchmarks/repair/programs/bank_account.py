"""Accounts with a limit, and transfers that are all or nothing."""

# ruff: noqa
# mypy: ignore-errors


class Account:
    def __init__(self, owner, limit=0):
        self.owner = owner
        self.limit = limit
        self.balance = 0
        self.history = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("nothing to deposit")
        self.balance += amount
        self.history.append(amount)

    def withdraw(self, amount):
        if amount <= 0:
            raise ValueError("nothing to withdraw")
        if self.balance - amount < -self.limit:
            return False
        self.balance -= amount
        self.history.append(-amount)
        return True

    def transfer(self, other, amount):
        if not self.withdraw(amount):
            return False
        other.deposit(amount)
        return True


def account(*moves, limit=0):
    made = Account("a", limit)
    for move in moves:
        made.deposit(move) if move > 0 else made.withdraw(-move)
    return made


TESTS = r"""
account(10, -4).balance == 6
account(10, -11).balance == 10
account(10, -10).balance == 0
account(10, -15, limit=5).balance == -5
account(10, -4, -20).history == [10, -4]
raises(ValueError, Account("x").deposit, 0)
raises(ValueError, Account("x").withdraw, -1)
(lambda a, b: (a.transfer(b, 3), a.balance, b.balance))(account(5), account(1)) == (True, 2, 4)
(lambda a, b: (a.transfer(b, 6), a.balance, b.balance))(account(5), account(1)) == (False, 5, 1)
"""

BUGS = r"""
-        if self.balance - amount < -self.limit:
+        if self.balance - amount <= -self.limit:

-        if self.balance - amount < -self.limit:
+        if self.balance - amount < self.limit:

-        self.history.append(-amount)
-        return True
+        self.history.append(-amount)

-        other.deposit(amount)
-        return True
+        self.deposit(amount)
+        return True
"""
