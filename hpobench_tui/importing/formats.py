"""What can be imported: a new format is a module here (``importing.contract``) and its name in ``FORMATS``."""

from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.imported import Source
from hpobench_tui.core.nearest import shown
from hpobench_tui.importing.contract import ImportFormat
from hpobench_tui.store.reader import FILE

FORMATS = ("coco", "ioh", "optuna", "smac", "bohb", "csv")
"""In the order in which they are asked whether they recognise something; CSV takes what no other does."""
PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth", ".npy", ".npz")
_BLOCK = 1 << 20


def there() -> list[str]:
    """The formats of which the reader is installed."""
    return [name for name in FORMATS if find_spec(f"{__package__}.{name}")]


def reader(name: str) -> ImportFormat:
    """The reader of a format.

    Raises:
        HpobenchError: there is no such format.
    """
    if name not in there():
        raise unknown("import format", name, there())
    module: ImportFormat = import_module(f"{__package__}.{name}")
    return module


def recognised(path: Path) -> str:
    """The format of a file or folder.

    Raises:
        HpobenchError: it is not there, must not be read, or is of none or of several formats.
    """
    refuse(path)
    if FILE in (path.name, *(each.name for each in path.glob(FILE))):
        raise HpobenchError(f"{path} is an experiment of hpobench already; `hpobench show {path}` shows it.")
    found = [name for name in there() if name != "csv" and reader(name).recognises(path)]
    if not found and reader("csv").recognises(path):
        found = ["csv"]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{name}: {reader(name).DESCRIPTION}" for name in there())
    if found:
        raise HpobenchError(f"{path} could be {' or '.join(found)}: say which with --from.")
    raise HpobenchError(f"{path} is nothing that can be imported. Known: {known}. --from takes it for one of them.")


def refuse(path: Path) -> None:
    """Raise :class:`HpobenchError` if there is nothing at the path, or what only a program could make sense of."""
    if not path.exists():
        raise HpobenchError(f"there is no {shown(str(path))}.")
    if path.is_dir():
        return
    if not path.is_file():
        raise HpobenchError(f"{path} is no file and no folder.")
    try:
        with path.open("rb") as stream:
            head = stream.read(2)
    except OSError as error:
        raise HpobenchError(f"cannot read {path}: {error.strerror or error}.") from error
    if path.suffix.lower() in PICKLES or (len(head) == 2 and head[0] == 0x80 and head[1] <= 5):
        raise HpobenchError(
            f"{path} is a pickle, or may hold one: reading it would run whatever it says, so that is never done."
            " Export the results as CSV or JSON where they were made."
        )


def source(path: Path) -> Source:
    """What a file or folder is known by later."""
    if path.is_file():
        return Source(_name(path), _digest(path))
    files = sorted(each for each in path.rglob("*") if each.is_file())
    lines = (f"{_digest(each)}  {each.relative_to(path).as_posix()}\n" for each in files)
    whole = sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return Source(_name(path), whole, len(files))


def _name(path: Path) -> str:
    return path.resolve().name.encode("utf-8", "replace").decode()


def _digest(path: Path) -> str:
    whole = sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            whole.update(block)
    return whole.hexdigest()
