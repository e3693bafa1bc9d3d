"""What is wrong with a call of the command line, in our words: Typer's are pydantic's, and in boxes."""

from typing import Protocol, runtime_checkable

ADVICE = "`{} --help` shows how it is used."
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
TYPES = {"int": "a whole number", "float": "a number", "finite": "a finite number", "bool": "true or false"}


@runtime_checkable
class Usage(Protocol):
    """Typer's error for a call that it cannot read; its class moved between versions."""

    ctx: object
    exit_code: int

    def format_message(self) -> str: ...

    def show(self) -> None: ...


def in_words(error: Usage) -> str:
    """Which command, what is wrong, and where help is."""
    command = getattr(error.ctx, "command_path", "hpobench")
    return f"{command}: {_wrong(error)} {ADVICE.format(command)}"


def _wrong(error: Usage) -> str:
    if hasattr(error, "possibilities"):
        close = [other for other in error.possibilities or () if other != "--help"]
        return f"there is no option {getattr(error, 'option_name', '')}.{f' Did you mean {close[0]}?' if close else ''}"
    findings = getattr(getattr(error, "__cause__", None), "errors", None)
    names = getattr(getattr(error, "param", None), "opts", None)
    if names and findings:
        return f"{max(names, key=len)} must be {_valid(findings()[0])}."
    message = error.format_message().strip()
    return message if message.endswith((".", "?")) else f"{message}."


def _valid(found: dict[str, object]) -> str:
    """What pydantic wanted, and what it got."""
    kind, context = str(found["type"]), found.get("ctx")
    bounds = context if isinstance(context, dict) else {}
    limits = [f"{words} {bounds[name]}" for name, words in BOUNDS.items() if name in bounds]
    valid = " and ".join(limits) or TYPES.get(kind.partition("_")[0], f"one of {bounds.get('expected', 'its values')}")
    return f"{valid}, not {str(found['input'])[:60]!r}"
