"""What is wrong with plug-ins, on standard error."""

from hpobench_tui.cli.output import print_line
from hpobench_tui.plugins import AnyRegistry


def print_broken(*registries: AnyRegistry) -> None:
    """Name every broken plug-in with the reason."""
    for owner, reason in broken(*registries).items():
        print_line(f"broken plug-in {owner}: {reason}", error=True)


def broken(*registries: AnyRegistry) -> dict[str, str]:
    """The reasons by plug-in; what several of its objects have in common is said once."""
    found: dict[str, dict[str, list[str]]] = {}
    for registry in registries:
        for owner, reason in registry.broken.items():
            place, _, why = reason.partition(": ")
            found.setdefault(owner, {}).setdefault(why, []).append(place)
    return {
        owner: "; ".join(f"{', '.join(places)}{why and f': {why}'}" for why, places in reasons.items())
        for owner, reasons in found.items()
    }
