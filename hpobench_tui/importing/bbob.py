"""What BBOB's functions are called here, so that others' results stand beside ours."""

from functools import lru_cache

from hpobench_tui import plugins
from hpobench_tui.core.errors import HpobenchError


@lru_cache(maxsize=4096)
def problem(function: int, dimension: int, instance: int) -> str | None:
    """The id of our problem; None: there is none, or not in that dimension or instance.

    >>> problem(1, 3, 2)
    'bbob/f01-sphere[d=3,instance=2]'
    """
    known = plugins.problems()
    name = next((info.id for info in known if info.id.startswith(f"bbob/f{function:02d}-")), None)
    if name is None:
        return None
    try:
        return str(known[f"{name}[d={dimension},instance={instance}]"].id)
    except HpobenchError:
        return None
