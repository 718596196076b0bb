"""The whole way, from a repository and an issue to an applied patch: what the command line calls."""
