"""A small project that the recorded completions are answers about."""

from __future__ import annotations

CART = '''"""A shopping cart."""

import logging

from shop.pricing import discount

log = logging.getLogger(__name__)


class Cart:
    """Items and their prices."""

    def __init__(self, currency="EUR"):
        self.currency = currency
        self.items = []

    def add(self, name, price, quantity=1):
        """Put something in."""
        if quantity < 0:
            raise ValueError("quantity must be positive")
        self.items.append((name, price, quantity))

    def total(self):
        """Sum of all prices."""
        result = 0
        for name, price, quantity in self.items:
            result += price * quantity
        # discounts come last
        return result - discount(result)

    def remove(self, name):
        """Take something out."""
        for index, item in enumerate(self.items):
            if item[0] == name:
                del self.items[index]
                return True
        return False


def merge(left, right):
    """One cart from two.

    Currencies
    =======
    They must be equal.
    """
    cart = Cart(left.currency)
    for name, price, quantity in left.items:
        cart.add(name, price, quantity)
    for name, price, quantity in left.items:
        cart.add(name, price, quantity)
    return cart
'''

PRICING = """RATES = {
    "EUR": 1.0,
    "USD": 1.1,
}


def discount(amount):
    if amount > 100:
        return amount * 0.1
    return 0


def convert(amount, source, target):
    # ... not rounded on purpose
    return amount * RATES[source] / RATES[target]
"""

TABS = "def area(w, h):\n\tif w < 0:\n\t\treturn 0\n\treturn w + h\n"
CRLF = b"def first(xs):\r\n    if not xs:\r\n        return xs\r\n    return xs[1]\r\n"
LATIN = "# -*- coding: latin-1 -*-\nNAME = 'caf\xe9'\n\n\ndef size():\n    return len(NAME) + 1\n".encode("latin-1")
BOM = b"\xef\xbb\xbfdef one():\n    return 2\n"
OPEN_END = b"def last(xs):\n    return xs[0]"

FILES: dict[str, bytes] = {
    "shop/__init__.py": b"",
    "shop/cart.py": CART.encode(),
    "shop/pricing.py": PRICING.encode(),
    "shop/shapes.py": TABS.encode(),
    "shop/dos.py": CRLF,
    "shop/latin.py": LATIN,
    "shop/bom.py": BOM,
    "shop/open_end.py": OPEN_END,
    "shop/plain/cart.txt": b"cart notes\n",
    "tests/test_cart.py": b"def test_total():\n    assert True\n",
    "tests/conftest.py": b"",
    "pyproject.toml": b'[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\naddopts = "-q"\n',
    "README.md": b"# shop\n\nA shop.\n",
}
