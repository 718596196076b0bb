"""Sandboxes on every node of a Ray cluster, seen as one kind of sandbox. The only room that knows Ray."""
