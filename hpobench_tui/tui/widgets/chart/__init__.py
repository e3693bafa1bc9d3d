"""A line chart for terminals: ``axes`` and ``raster`` are pure numerics, ``looks`` colours, ``widget`` paints."""

from hpobench_tui.tui.widgets.chart.raster import Series
from hpobench_tui.tui.widgets.chart.widget import Chart

__all__ = ["Chart", "Series"]
