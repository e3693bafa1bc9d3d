"""Where work is done: processes that are handed tasks, watched, and replaced when something goes wrong."""
