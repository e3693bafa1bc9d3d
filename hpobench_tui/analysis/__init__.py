"""Trial tables into regret, anytime tables, ranks, brackets and audits: pure functions, one topic a module."""
