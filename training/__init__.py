"""From public code to the embedded model: collect, mine, make bugs, train, export, evaluate. Not part of the wheel."""
