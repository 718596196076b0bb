"""The radix tree over the prompts of a call: what several share is read once.

A station is a place on a prompt's path where something happens: a prompt ends there, or prompts part
ways. Between two stations lies a run of tokens that is decoded in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reasoncli.models.llama_cpp.prefixes import Node, living_child

Load = TypeVar("Load")


@dataclass(slots=True, eq=False)
class Station(Generic[Load]):
    """A node of the radix tree.

    Attributes:
        node: where it stands.
        parent: the station before, if any.
        ending: what belongs to the prompts that end here, in the order given.
        below: stations that come next.
        open: how many of these two are not done yet.
    """

    node: Node
    parent: Station[Load] | None = None
    ending: list[Load] = field(default_factory=list)
    below: list[Station[Load]] = field(default_factory=list)
    open: int = 0


def lay_out(root: Node, prompts: Iterable[tuple[Sequence[int], Load]]) -> list[Station[Load]]:
    """The stations nearest to `root`, over all prompts; living nodes are reused.

    Args:
        root: the empty path.
        prompts: (tokens, load) pairs; equal prompts end at one station. A prompt has at least one token.
    """
    links: dict[Node, dict[int, Node]] = {}
    ending: dict[Node, list[Load]] = {}
    for tokens, load in prompts:
        node = root
        for token in tokens:
            known = links.setdefault(node, {})
            if token not in known:
                known[token] = living_child(node, token) or Node(node, token)
            node = known[token]
        ending.setdefault(node, []).append(load)
    top: list[Station[Load]] = []
    todo: list[tuple[Node, Station[Load] | None]] = [(node, None) for node in reversed(links.get(root, {}).values())]
    while todo:
        node, parent = todo.pop()
        while node not in ending and len(links[node]) == 1:
            (node,) = links[node].values()
        station = Station(node, parent, ending.get(node, []), open=len(ending.get(node, [])))
        if parent is None:
            top.append(station)
        else:
            parent.below.append(station)
            parent.open += 1
        todo += [(child, station) for child in reversed(links.get(node, {}).values())]
    return top
