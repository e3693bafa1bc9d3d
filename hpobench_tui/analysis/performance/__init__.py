"""Anytime performance: how soon runs come how near to the reference, one topic a module, pure functions.

What all of them share:

* ``counting.read_pairs`` takes (run, curve) pairs one after another and keeps the steps of each curve, so that no more
  than one whole curve is held: 43,200 curves of 500 rows would take 500 MB. From its pairs ``hits``, ``area`` and
  ``anytime_stats`` make arrays, and all others work on those.
* Targets, bounds and budgets come from problems and experiments (``targets``), so that adding or removing an optimizer
  changes no other's numbers. Performance profiles, speed-ups, ranks and break-even costs compare, and say so.
* *How failed and unfinished runs count*: a failed run counts with the budget that it has spent: what it had reached
  stays reached, and it reaches nothing later. So does an unfinished one. ``failed="out"`` and ``unfinished="out"``
  leave them out instead. A run that has not begun says nothing and is left out always. Tables count all three. Sums of
  regret stop growing when a run breaks off, so those of such a run are worst (+inf) beyond what it has spent.
* Pooled over problems each problem weighs the same, however many targets or runs it has; other names of a problem
  (``same_as``) are that problem.
* A number comes with n, the runs behind it, and an estimate with its interval (``resample``), None for one run.
"""
