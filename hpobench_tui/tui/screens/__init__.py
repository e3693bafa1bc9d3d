"""Screens of the app, each a module; the large ones have a style sheet of the same name, dialogs share one."""
