"""The optimizers. Importing this package imports nothing heavy."""
