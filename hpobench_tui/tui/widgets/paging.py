"""Pages of lists that have no room.

Textual's lists look up the line of what is highlighted, and have none where a terminal is too small to show one: Page
Up and Page Down would end the app there (``OptionList._move_page``, Textual 8; its command palette has such a list).
"""

from textual.widgets import OptionList

_move_page = OptionList._move_page


def _within_room(self: OptionList, direction: int) -> None:
    if self.scrollable_content_region:
        _move_page(self, direction)  # type: ignore[arg-type]


def stay_within_room() -> None:
    """From now on a list without room has no pages."""
    OptionList._move_page = _within_room  # type: ignore[method-assign]
