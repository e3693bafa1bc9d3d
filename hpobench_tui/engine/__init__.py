"""Experiments into runs into trials: run loop, ledger, workers, supervisor, and what front ends may do."""
