"""Where the fault may be, without a model."""
