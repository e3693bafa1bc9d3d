"""The Python API, as docs/api.md walks through it: a front end beside the command line and the app.

``hpobench_tui`` itself has its names. What is asked for wrongly raises ``HpobenchError``; what went wrong inside an
experiment is warned of (``HpobenchWarning``), and stands in it.
"""
