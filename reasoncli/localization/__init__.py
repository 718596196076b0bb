"""Where the fault may be, found without a model: spectrum, tracebacks, lexical match; one ranked list."""
