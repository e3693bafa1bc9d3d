"""The problems. Importing this package imports nothing heavy."""
