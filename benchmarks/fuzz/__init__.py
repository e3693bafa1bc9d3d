"""Whatever somebody hands over, nothing comes of it but a result or an ``HpobenchError``; tried 100,000 times each.

A *target* is a module of this package (``driver.Target``): it has seeds, real inputs that hpobench takes; a way to make
another input of them (``mutations``); and it feeds an input to the program, and says how deep that came. The *driver*
feeds in a process of its own, which a crash, a hang or a hog of memory costs alone. What is a failure is kept as a file
that fails again by itself, once a kind.
"""
