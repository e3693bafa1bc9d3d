"""The commands that a front end may leave for a supervisor."""

from typing import Literal, TypeAlias

Verb: TypeAlias = Literal["pause", "unpause", "cancel", "extend"]
"""``extend``: there are more runs in the store than when the supervisor began."""
