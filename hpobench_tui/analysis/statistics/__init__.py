"""What runs allow to conclude: tests, effects, intervals, power. Arrays in, frozen values out; one topic a module.

| question | module |
|---|---|
| how well does it do, and how sure is that? | `bootstrap` |
| does one beat another on a problem? | `paired`, and whether they are as good as equal: `equivalence` |
| does it over many problems? | `over_problems`, `bayes` |
| which of many are alike? | `groups` (by repetitions), `friedman` (by problems) |
| how many seeds would decide? | `power` |

Everywhere: lower is better; NaN is a run that is not there, and a comparison is over the repetitions that both have;
inf is a run that failed and counts as worse than all others; values that differ by no more than the problem's
tolerance, or round-off, are equal (``core.equality``). Nothing warns, and what cannot be had is None.
"""
