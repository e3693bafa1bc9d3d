"""Widgets of the app, each a module; numerics apart from painting."""
