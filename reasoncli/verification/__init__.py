"""What the tests say of a candidate."""
