"""A worker's process: one run at a time, on one of two clocks; it never sees the store."""
