"""Tables that draw what is on the screen alone, whose cursor stays on a thing, and that filter and sort themselves.

``Cell`` and ``Column`` say how something looks, ``Rows`` what there is (``listed`` for a few rows, ``Lazy`` for many),
``Order`` what is shown of it and in which order, ``fitted`` what there is room for, and ``Table`` draws it.
"""

from hpobench_tui.tui.widgets.table.cells import Cell, Column, Columns, Row, Tone, numbers
from hpobench_tui.tui.widgets.table.rows import Lazy, Rows, listed
from hpobench_tui.tui.widgets.table.widget import Table

__all__ = ["Cell", "Column", "Columns", "Lazy", "Row", "Rows", "Table", "Tone", "listed", "numbers"]
