"""What each column of a foreign table is: what the person says, and what names and values tell of the rest.

``--columns`` lists the hyperparameters, each perhaps with what it is: ``lr:log,units:int,act:cat``. ``*`` stands for
all others that are not something else by their names; without a list all of them are hyperparameters.

What a hyperparameter is, its values tell: text is a choice. Numbers of which there are few are an ordinal (a grid);
other numbers are a range, whole if all of them are, logarithmic if they are positive, span a factor of
:data:`WIDE` and lie more evenly that way.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import log

import polars as pl

from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.nearest import shown

WIDE = 50.0
FEW, REPEATED = 32, 3
"""So many different numbers at most are an ordinal, if there are so many configurations to each."""
MOST_CHOICES = 1000
"""Of a choice or an ordinal."""


class Role(StrEnum):
    """What a column is for, but for hyperparameters."""

    LOSS = "loss"
    REWARD = "reward"
    SEED = "seed"
    FIDELITY = "fidelity"
    SECONDS = "seconds"
    METRIC = "metric"
    IGNORED = "ignore"


class Kind(StrEnum):
    """What a hyperparameter is."""

    FLOAT = "float"
    FLOAT_LOG = "float-log"
    INT = "int"
    INT_LOG = "int-log"
    LOG = "log"
    CATEGORICAL = "cat"
    ORDINAL = "ord"


LONG_NAMES = {"categorical": "cat", "ordinal": "ord", "integer": "int", "ignored": "ignore"}
ONE_EACH = (Role.LOSS, Role.REWARD, Role.SEED, Role.FIDELITY, Role.SECONDS)
NAMES = {
    Role.SEED: ("seed", "random_seed", "random_state", "repetition", "repeat", "replicate"),
    Role.FIDELITY: ("epoch", "fidelity", "budget"),
    Role.SECONDS: (
        "seconds",
        "time",
        "runtime",
        "run_time",
        "train_time",
        "training_time",
        "duration",
        "elapsed",
        "cpu_seconds",
    ),
    Role.LOSS: (
        *(
            "loss",
            "error",
            "objective",
            "value",
            "val_loss",
            "valid_loss",
            "validation_loss",
            "val_error",
            "valid_error",
        ),
        *("validation_error", "error_rate", "mse", "rmse"),
    ),
    Role.REWARD: (
        *("reward", "accuracy", "acc", "score", "auc", "r2", "val_accuracy", "val_acc", "valid_accuracy"),
        *("validation_accuracy", "val_score", "mean_test_score"),
    ),
}
"""By which a column is taken for what it is, in lower case."""
COUNTERS = (
    "",
    "id",
    "index",
    "config",
    "config_id",
    "configuration",
    "configuration_id",
    "trial",
    "trial_id",
    "number",
)
PREFIXES = ("params_", "param_", "params.", "param.", "config/", "config.", "hp.", "hp_", "hyperparameter_")
"""Of hyperparameters, as tools write them; where some have one, others are none."""
MEASURED = ("metric.", "metrics.", "metric_", "metric/", "metrics/")
RESULTS = {"loss", "error", "accuracy", "acc", "auc", "f1", "score", "mse", "rmse", "r2", "reward", "objective"}
"""Words of names of what a training came to."""


@dataclass(frozen=True)
class Wish:
    """What a person says of a hyperparameter: its kind, and the order of an ordinal's values as text."""

    kind: Kind | None = None
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """What the columns are.

    Attributes:
        hyperparameters: By name.
        roles: Of other columns.
        reasons: Why others were left out.
    """

    hyperparameters: dict[str, Wish]
    roles: dict[str, Role]
    reasons: dict[str, str] = field(default_factory=dict)

    def one(self, role: Role) -> str | None:
        """The column that has a role, if one does."""
        return next((name for name, its in self.roles.items() if its is role), None)

    @property
    def metrics(self) -> list[str]:
        return [name for name, role in self.roles.items() if role is Role.METRIC]


def decide(frame: pl.DataFrame, listed: Iterable[str], roles: Iterable[tuple[Role, str]]) -> Columns:
    """What the columns of a frame are.

    Args:
        listed: As ``--columns`` has it.
        roles: What options such as ``--loss`` say.

    Raises:
        HpobenchError: a name that no column has, two things said of one, no loss, or no hyperparameter.
    """
    said, others = parsed(listed, frame.columns)
    for role, text in roles:
        _say(said, _known(text, frame.columns), role)
    _check_one_each(said)
    found = Columns(
        {name: wish for name, wish in said.items() if isinstance(wish, Wish)},
        {name: role for name, role in said.items() if isinstance(role, Role)},
    )
    free = [name for name in frame.columns if name not in said]
    prefixed = [name for name in free if others and name.lower().startswith(PREFIXES)]
    _guess_roles(found, frame, [name for name in free if name not in prefixed])
    for name in free:
        if name in found.roles:
            continue
        reason = _why_not(frame[name]) if others else "not listed"
        if prefixed and name not in prefixed:
            reason = reason or f"others are called {prefixed[0]} and the like"
        if reason is None:
            found.hyperparameters[name] = Wish()
        else:
            found.roles[name], found.reasons[name] = Role.IGNORED, reason
    for name in [name for name in free if name in found.hyperparameters and _counts(frame[name])]:
        if len(found.hyperparameters) > 1:
            del found.hyperparameters[name]
            found.roles[name], found.reasons[name] = Role.IGNORED, "it counts the rows"
    if not found.hyperparameters:
        why = "".join(f"; {shown(name)}: {reason}" for name, reason in found.reasons.items())
        raise HpobenchError(f"no column is a hyperparameter; say which are with --columns{why}.")
    _check_types(frame, found)
    return found


def parsed(listed: Iterable[str], names: Sequence[str]) -> tuple[dict[str, Wish | Role], bool]:
    """What ``--columns`` says of each column, and whether those that it leaves out may be hyperparameters too."""
    said: dict[str, Wish | Role] = {}
    items = [item for text in listed for item in ([text] if text in names else text.split(","))]
    items = [item.strip() for item in items if item.strip()]
    for item in items:
        if item != "*" or item in names:
            name, what = _item(item, names)
            _say(said, name, what)
    return said, "*" in items or not any(isinstance(what, Wish) for what in said.values())


def _item(item: str, names: Sequence[str]) -> tuple[str, Wish | Role]:
    if item in names:
        return item, Wish()
    name, colon, what = item.rpartition(":")
    if not colon:
        raise unknown("column", item, names)
    name, (word, equals, order) = _known(name, names), what.partition("=")
    word = LONG_NAMES.get(word.strip().lower(), word.strip().lower())
    if word in [*Role]:
        return name, Role(word)
    if word not in [*Kind]:
        raise unknown(f"kind of column {shown(name)}:", word, [*Kind, *Role])
    if equals and word != Kind.ORDINAL:
        raise HpobenchError(f"--columns {shown(item)}: only an ordinal's values have an order, as in 'size:ord=S<M<L'.")
    return name, Wish(Kind(word), tuple(value.strip() for value in order.split("<")) if equals else ())


def _known(name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise unknown("column", name, names)
    return name


def _say(said: dict[str, Wish | Role], name: str, what: Wish | Role) -> None:
    if said.setdefault(name, what) != what:
        raise HpobenchError(f"column {shown(name)} cannot be {_word(said[name])} and {_word(what)}; say one.")


def _word(what: Wish | Role) -> str:
    return what.value if isinstance(what, Role) else f"a hyperparameter{f' ({what.kind})' if what.kind else ''}"


def _check_one_each(said: dict[str, Wish | Role]) -> None:
    for role in ONE_EACH:
        if len(names := [name for name, what in said.items() if what is role]) > 1:
            raise HpobenchError(f"{len(names)} columns are said to be the {role} ({_list(names)}); say one.")
    if Role.LOSS in said.values() and Role.REWARD in said.values():
        raise HpobenchError("say the loss or the reward, not both; the other can be a metric.")


def _guess_roles(found: Columns, frame: pl.DataFrame, free: Sequence[str]) -> None:
    """Roles of columns of which nothing was said, by their names."""
    numbers = [name for name in free if frame[name].dtype.is_numeric()]
    for role in (Role.SEED, Role.FIDELITY, Role.SECONDS):
        candidates = [name for name in (free if role is Role.SEED else numbers) if _plain(name) in NAMES[role]]
        if found.one(role) is None and len(candidates) == 1:
            found.roles[candidates[0]] = role
    if found.one(Role.LOSS) is None and found.one(Role.REWARD) is None:
        for role in (Role.LOSS, Role.REWARD):
            candidates = [name for name in numbers if _plain(name) in NAMES[role]]
            if len(candidates) == 1:
                found.roles[candidates[0]] = role
                break
            if candidates:
                raise HpobenchError(f"{_list(candidates)} may each be the {role}; say which one with --{role}.")
        else:
            if named := [name for name in free if _plain(name) in (*NAMES[Role.LOSS], *NAMES[Role.REWARD])]:
                _check_numbers(frame[named[0]])
            raise HpobenchError(
                f"no column is called a loss; say --loss or --reward: {_list(numbers) or 'no numbers'}."
            )
    for name in numbers:
        if name.lower().startswith(MEASURED) or RESULTS & {*_plain(name).split("_")}:
            found.roles.setdefault(name, Role.METRIC)


def _why_not(column: pl.Series) -> str | None:
    """Why a column of which nothing was said is taken for no hyperparameter."""
    nothing = column.dtype == pl.String  # a choice of its own
    count = (column if nothing else column.drop_nulls()).n_unique() if not column.dtype.is_nested() else 0
    if _plain(column.name) in COUNTERS or _plain(column.name).startswith("unnamed:"):
        return "its name is that of a counter"
    if column.dtype.is_nested() or column.dtype.is_temporal():
        return f"its values are of type {column.dtype}"
    if count <= 1:
        return "it has one value" if column.null_count() < len(column) else "it is empty"
    if column.dtype == pl.String and count > max(20, len(column) / 2):
        return "it is text, and nearly each is another"
    return None


def _counts(column: pl.Series) -> bool:
    """Whether whole numbers go up by one from row to row."""
    return column.dtype.is_integer() and len(column) > 2 and bool((column.diff().drop_nulls() == 1).all())


def _check_types(frame: pl.DataFrame, found: Columns) -> None:
    """Refuse text where numbers are needed, and what is empty."""
    needed = [name for name, role in found.roles.items() if role not in (Role.SEED, Role.IGNORED)]
    needed += [name for name, wish in found.hyperparameters.items() if wish.kind not in (None, "cat", "ord")]
    for name in [*needed, *found.hyperparameters]:
        column = frame[name]
        if column.null_count() == len(column):
            raise HpobenchError(f"column {shown(name)} has no values.")
        if column.dtype.is_nested() or column.dtype.is_temporal() or column.dtype == pl.Binary:
            raise HpobenchError(
                f"column {shown(name)} holds values of type {column.dtype}; numbers and text are valid."
            )
        if name in needed:
            _check_numbers(column)


def _check_numbers(column: pl.Series) -> None:
    """Refuse what is no column of numbers."""
    if column.null_count() == len(column):
        raise HpobenchError(f"column {shown(column.name)} has no values.")
    if not column.dtype.is_numeric():
        line, value = _first_word(column)
        raise HpobenchError(
            f"column {shown(column.name)} must be numbers, and in row {line} it is {shown(value)}."
            " Mend the file, or say that it is something else with --columns."
        )


def _first_word(column: pl.Series) -> tuple[int, str]:
    """The first row (from 1) of a column that is no number, and what is there."""
    words = column.cast(pl.String)
    odd = words.is_not_null() & words.cast(pl.Float64, strict=False).is_null()
    line = int(odd.arg_max() or 0)
    return line + 1, str(words[line])


def kind_of(values: pl.Series, wish: Wish, configurations: int, gridded: bool) -> Kind:
    """What a hyperparameter is.

    Args:
        values: Its different ones.
        configurations: In which it is active.
        gridded: Every combination of the hyperparameters' values is in the table.
    """
    kind, whole = wish.kind, values.dtype.is_integer()
    if kind is Kind.LOG:
        return Kind.INT_LOG if whole else Kind.FLOAT_LOG
    if kind is not None:
        return kind
    if not values.dtype.is_numeric():
        return Kind.CATEGORICAL
    if len(values) <= MOST_CHOICES and gridded:
        return Kind.ORDINAL
    if len(values) <= min(FEW, configurations / REPEATED):
        return Kind.ORDINAL
    if looks_logarithmic(values):
        return Kind.INT_LOG if whole else Kind.FLOAT_LOG
    return Kind.INT if whole else Kind.FLOAT


def looks_logarithmic(values: pl.Series) -> bool:
    """Whether different numbers lie more evenly by their logarithms, over a wide range."""
    lower, middle, upper = (float(v) for v in (values.min(), values.median(), values.max()))  # type: ignore[arg-type]
    if not 0.0 < lower * WIDE <= upper:
        return False
    return _off_centre(log, lower, middle, upper) < _off_centre(float, lower, middle, upper)


def _off_centre(scale: Callable[[float], float], lower: float, middle: float, upper: float) -> float:
    low, at, high = map(scale, (lower, middle, upper))
    return abs((at - low) / (high - low) - 0.5)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_").replace(".", "_")


def _list(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    return ", ".join(map(shown, found[:12])) + more
