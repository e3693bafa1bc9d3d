"""One SQLite file an experiment: one writer (the supervisor), many readers."""
