"""Which token paths have live cells, and which sequence holds them.

Every token that was ever given to the model is a `Node` below the token before it. A node is alive
while a sequence runs through it: it then costs one cell, however many sequences share it. Sequences
are handed out by copying from any living one that runs through the wanted node, and taken back in
constant time a freed cell, by counting references.

What is worth keeping (the end of a prompt) is `retain`ed when its work is done: the cells stay for
the next call, and are the first to go when room is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reasoncli.models.llama_cpp.decoder import Decoder


class Node:
    """A token after all those above it.

    Attributes:
        parent: the node before; `None` for the root, which is the empty path.
        depth: tokens of the path, this one included.
        children: living nodes below.
        tips: sequences that end here.
    """

    __slots__ = ("children", "depth", "parent", "tips", "token")

    def __init__(self, parent: Node | None, token: int) -> None:
        self.parent = parent
        self.token = token
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: dict[Node, None] = {}
        self.tips: dict[int, None] = {}

    @property
    def alive(self) -> bool:
        """Whether some sequence runs through this node; the root always lives."""
        return self.parent is None or bool(self.tips) or bool(self.children)

    def upward(self) -> Iterator[Node]:
        """The node itself, the one before, and so on up to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


def path(node: Node, below: Node) -> list[Node]:
    """Nodes after `below` down to `node`, in order; `below` is one of its ancestors, or itself."""
    nodes = []
    for step in node.upward():
        if step is below:
            break
        nodes.append(step)
    nodes.reverse()
    return nodes


def living_child(node: Node, token: int) -> Node | None:
    """The living node that continues `node` with `token`, if there is one."""
    return next((child for child in node.children if child.token == token), None)


class Prefixes:
    """The sequences of a decoder and the tree of what they hold."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self.root = Node(None, -1)
        self._free = list(range(decoder.sequences - 1, -1, -1))
        self._tips: dict[int, Node] = {}
        self._retained: dict[int, None] = {}
        self._used = 0

    @property
    def free_sequences(self) -> int:
        """Sequences that can be had, retained ones included."""
        return len(self._free) + len(self._retained)

    @property
    def free_cells(self) -> int:
        """Cells that nothing lives in."""
        return self._decoder.cells - self._used

    def tip(self, sequence: int) -> Node:
        """The last node of a sequence."""
        return self._tips[sequence]

    def nearest(self, node: Node) -> Node:
        """The deepest node on the path to `node`, itself included, that a sequence can start from."""
        for step in node.upward():
            if step.parent is None or (step.tips if self._decoder.whole else step.alive):
                return step
        raise AssertionError("a path without a root")

    def open(self, node: Node) -> int:
        """A sequence that holds the path to `node`, which must be one that `nearest` gave.

        Raises:
            LookupError: there is no free sequence.
        """
        holder = self._holder(node)
        if not self._free and holder in self._retained and len(self._retained) == 1:
            self._retained.clear()
            self.retreat(holder, node)
            return holder
        if not self._free and not self._forget(spare=holder):
            raise LookupError("no free sequence")
        sequence = self._free.pop()
        if holder is not None:
            self._decoder.copy(holder, sequence, node.depth)
        node.tips[sequence] = None
        self._tips[sequence] = node
        return sequence

    def advance(self, sequence: int, nodes: Sequence[Node]) -> None:
        """Note that a sequence went on through `nodes`, which were just decoded in it."""
        tip = self._tips[sequence]
        tip.tips.pop(sequence)
        for node in nodes:
            # only recurrent states are ever read twice along one path: they can't be copied from the middle
            self._used += not node.alive
            tip.children[node] = None
            tip = node
        tip.tips[sequence] = None
        self._tips[sequence] = tip

    def retreat(self, sequence: int, node: Node) -> None:
        """Cut a sequence back to `node`, one on its path."""
        tip = self._tips[sequence]
        if tip is node:
            return
        self._decoder.cut(sequence, node.depth)
        node.tips[sequence] = None
        self._tips[sequence] = node
        tip.tips.pop(sequence)
        self._wither(tip)

    def close(self, sequence: int) -> None:
        """Give a sequence back; what only it held dies."""
        tip = self._tips.pop(sequence)
        self._retained.pop(sequence, None)
        self._decoder.cut(sequence, 0)
        tip.tips.pop(sequence, None)
        self._wither(tip)
        self._free.append(sequence)

    def retain(self, sequence: int) -> None:
        """Give a sequence back, but keep what it holds as long as there is room."""
        if self._tips[sequence].parent is None:
            self.close(sequence)
        else:
            self._retained[sequence] = None

    def forget(self) -> bool:
        """Drop the oldest retained sequence; whether there was one."""
        return self._forget(spare=None)

    def _forget(self, spare: int | None) -> bool:
        oldest = next((sequence for sequence in self._retained if sequence != spare), None)
        if oldest is None:
            return False
        self.close(oldest)
        return True

    def _holder(self, node: Node) -> int | None:
        """Any sequence through `node`; none for the root, which holds nothing."""
        if node.parent is None:
            return None
        while not node.tips:
            node = next(iter(node.children))
        return next(iter(node.tips))

    def _wither(self, node: Node) -> None:
        while not node.alive and node.parent is not None:
            node.parent.children.pop(node, None)
            node = node.parent
            self._used -= 1
