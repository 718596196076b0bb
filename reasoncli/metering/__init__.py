"""What this machine can tell of what is taken from it: energy, and the processors' time."""
