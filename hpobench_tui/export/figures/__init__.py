"""Figures for papers: a kind of figure a module, which draws it on Matplotlib's axes and says what it shows.

``wanted`` is what somebody asked for, ``study`` what several kinds are made of, worked out once; ``made`` turns all of
it into files. Matplotlib is loaded by the modules that draw: import those only where a figure is made.
"""
