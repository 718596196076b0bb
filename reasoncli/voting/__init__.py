"""The vote: pure functions from candidates to a choice, and to the moment at which sampling may stop."""
