"""A process that looks into optimizers: it repeats a recorded run, and says what its optimizer believed at each question.

``python -m hpobench_tui.engine.looking FOLDER`` (``engine.front.looks`` starts it and has the protocol). It is where
the app meets the code of optimizers and problems, which it never imports itself.
"""
