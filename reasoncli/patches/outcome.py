"""How the room says no inside: an exception that becomes a `Rejection` at its door."""

from __future__ import annotations

from reasoncli.domain import Rejection


class Rejected(Exception):
    """A completion can't become a patch; see `Rejection` for the kinds."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.rejection = Rejection(kind, reason)
