"""The run store: everything a run found, on disk before it counts, so that any run can be shown, resumed and undone."""
