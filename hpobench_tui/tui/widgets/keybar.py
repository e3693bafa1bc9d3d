"""The footer: the screen's keys; on a narrow terminal as many as have room, Help always among them."""

from rich.cells import cell_len
from textual.widgets import Footer

_FIRST = "Help"
"""Leads to all the other keys, so it is the last to go."""


class KeyBar(Footer):
    """Textual's footer would cut its last keys off in the middle of a word."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)

    async def recompose(self) -> None:
        await super().recompose()
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Hide what does not fit, from the right."""
        keys = list(self.query("FooterKey"))
        texts = [str(key.render()) for key in keys]
        room = self.size.width
        kept = set()
        for number in sorted(range(len(keys)), key=lambda i: not texts[i].endswith(_FIRST)):
            width = cell_len(texts[number]) + 1
            if width - 1 > room:
                break
            room -= width
            kept.add(number)
        for number, key in enumerate(keys):
            key.display = number in kept
