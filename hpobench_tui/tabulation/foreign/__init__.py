"""Tables that others made, turned into tables that are replayed: file → columns → grid → arrays and their description.

:mod:`.reading` reads the file, :mod:`.columns` decides what each column is, :mod:`.grid` arranges the rows by
configuration, training and fidelity, :mod:`.space` makes a configuration space of the hyperparameters, and
:mod:`.make` writes NAME.json and NAME.npz, as ``hpobench tabulate`` does.
"""
