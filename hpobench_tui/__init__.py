"""hpobench-tui: hyperparameter optimizers under exactly equal budgets, live in a terminal and headless in CI."""

__version__ = "0.1.0"
