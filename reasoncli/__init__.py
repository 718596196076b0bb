"""Search over patches against a verifier: sample many, test each, vote, apply one."""

__version__ = "0.1.0"
