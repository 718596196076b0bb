"""Functions of permissively licensed Python, de-duplicated and split by source."""
