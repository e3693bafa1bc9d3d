"""A line chart for terminals: ``axes`` and ``raster`` are pure numerics, ``paint`` and ``legend`` make
text of them, ``plot`` keeps what is shown, ``widget`` adds keys and mouse."""

from hpobench_tui.tui.widgets.chart.guides import Guide
from hpobench_tui.tui.widgets.chart.series import Series
from hpobench_tui.tui.widgets.chart.widget import Chart

__all__ = ["Chart", "Guide", "Series"]
