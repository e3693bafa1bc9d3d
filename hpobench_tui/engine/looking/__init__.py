"""A process that repeats recorded runs, and says what their optimizers believed when they asked.

``python -m hpobench_tui.engine.looking FOLDER`` (``engine.front.looks`` starts it and has the protocol). It is where
the app meets the code of optimizers and problems, which it never imports itself.
"""
