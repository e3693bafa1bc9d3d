"""How much each hyperparameter of a problem matters, and which pairs matter together, over all trials of it.

``evidence`` reads trials from stores, ``factors`` divides hyperparameters into cells, ``best`` asks what distinguishes
the best trials (condPED-ANOVA), ``spread`` what the losses of all depend on (functional ANOVA), ``result`` puts them
together.
"""

from hpobench_tui.analysis.importance.evidence import Evidence, read
from hpobench_tui.analysis.importance.result import HOW_TO_READ, Importance, Pair, Share, importance

__all__ = ["HOW_TO_READ", "Evidence", "Importance", "Pair", "Share", "importance", "read"]
