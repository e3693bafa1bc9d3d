"""``kill -9`` at every phase of an experiment: is its store, once it was resumed, the one of an undisturbed run?

An experiment of small problems (``toys``) runs through the real front end, supervisor and workers in a *scene*: a
folder of its own, with its outputs and its temporary files, that every process of the experiment bears in its
environment. A *plan* says which experiments are killed, whom a kill hits and when; the toys stand still in the phase
that is wanted, so that it is really hit. In the end are compared the store with that of an undisturbed run (everything
but times), and counted the processes and files that are left.
"""
