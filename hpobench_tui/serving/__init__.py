"""The app in a browser: who may come in (access), what a browser gets (page/, server), an app for each tab (session).

A browser's half of the wire is xterm.js as textual-serve ships it (``textual_serve/static``), the other half Textual's
web driver; nothing is fetched from anywhere else.
"""
