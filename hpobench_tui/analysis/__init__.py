"""Trials to regret, anytime curves, final tables, bracket fill and the audit: pure functions, one topic a module."""
