"""A gate for CI: whether optimizers became worse than a baseline that was committed."""
