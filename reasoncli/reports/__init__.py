"""A decision, rendered."""
