"""The parts of `benchmarks.verify`."""
