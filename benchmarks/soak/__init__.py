"""Experiments that start, run and end all the time, with a fault every few seconds; and one that lives through it all.

*Plays* are short experiments of toys, two at a time, each with some faults that are drawn, resumed as often as needed:
what its store holds in the end must be what it holds undisturbed (everything but times), and nothing may be left of it.
Beside them the *long* experiment has one supervisor from the beginning to the end, whose memory and open files are
watched while its workers are killed and stopped, and two front ends command it.
"""
