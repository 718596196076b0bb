"""What people and programs see of a run: terminal, JSON, JSON lines. Reports render; they decide nothing."""
