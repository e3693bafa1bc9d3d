"""Screens of the app, each a module with a style sheet of the same name."""
