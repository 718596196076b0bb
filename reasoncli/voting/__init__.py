"""Pure functions that choose among candidates."""
