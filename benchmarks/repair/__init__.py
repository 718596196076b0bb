"""How well models repair functions: coverage of held-out bugs within so many candidates."""
