"""What a process of ours says in lines of JSON, where somebody else's code may have printed something as well."""

import json
from typing import Any


def object_of(text: str | bytes) -> dict[str, Any] | None:
    """The object that a line holds; None: it is something else.

    >>> object_of('{"read": [1, 2]}'), object_of("42"), object_of("loading …")
    ({'read': [1, 2]}, None, None)
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
