"""Settings: the only reader of flags, environment and TOML; hands out frozen, narrow values."""
