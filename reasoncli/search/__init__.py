"""The search over patches."""
