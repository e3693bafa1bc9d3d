"""What readers of folders take of what was asked for: nothing, as the folders say it all."""

from collections.abc import Mapping

from hpobench_tui.core.errors import HpobenchError


def only(options: Mapping[str, str], description: str, *known: str) -> None:
    """
    Raises:
        HpobenchError: something was asked for that this format does not know.
    """
    for name, value in options.items():
        if value and name not in known:
            raise HpobenchError(
                f"--{name} says nothing of {description}: what there is has its names. --problem 'THEIRS=OURS' and"
                " --label 'THEIRS=OURS' give others."
            )
