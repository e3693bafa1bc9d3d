"""What screens know of an experiment: read in a thread, piece by piece, at the cost of what changed.

``feed`` polls the store and steps what is wanted (``reading`` has the contract); ``state`` is how the experiment
stands; the other modules are readings, one a module.
"""

from hpobench_tui.tui.feed.feed import Feed
from hpobench_tui.tui.feed.reading import Reading
from hpobench_tui.tui.feed.state import State

__all__ = ["Feed", "Reading", "State"]
