"""Cannot be imported, and says why in words that clear the screen."""

from hpobench_hostile import NASTY

print(NASTY)
raise ImportError(f"no {NASTY}\N{RIGHT-TO-LEFT OVERRIDE}")
