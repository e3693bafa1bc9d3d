"""Random small ConfigSpace spaces for property tests, with chains of conditions and, if wanted, forbiddens."""

import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    GreaterThanCondition,
    InCondition,
    Integer,
    OrConjunction,
    OrdinalHyperparameter,
)
from hypothesis import strategies as st

NUMBERS = ("float", "log float", "int", "log int", "constant")
KINDS = (*NUMBERS, "str", "bool", "ordinal")
ONE_POINT = ConfigurationSpace(space=[Constant("one", 1)])
FIFTY_DIMENSIONS = ConfigurationSpace(space=[Float(f"x{i}", (-1.0, 1.0)) for i in range(50)])

edges = pytest.mark.parametrize("space", [ONE_POINT, FIFTY_DIMENSIONS], ids=["one point", "50-D"])


def hyperparameter(draw: st.DrawFn, name: str, kinds: tuple[str, ...] = KINDS):
    kind = draw(st.sampled_from(kinds))
    low = draw(st.integers(1, 20))
    width = draw(st.integers(1, 50))
    match kind:
        case "float":
            return Float(name, (low - 10.5, low + width / 7))
        case "log float":
            return Float(name, (low * 1e-4, low * 1e-4 * (1 + width)), log=True)
        case "int":
            return Integer(name, (low - 10, low - 10 + width))
        case "log int":
            return Integer(name, (low, low + width), log=True)
        case "str":
            return Categorical(name, ["a", "b", "c"][: draw(st.integers(2, 3))])
        case "bool":
            return Categorical(name, [True, False])
        case "ordinal":
            return OrdinalHyperparameter(name, ["xs", "s", "m", "l"][: draw(st.integers(2, 4))])
    return Constant(name, low)


def condition(draw: st.DrawFn, child, parent):
    """A condition on a discrete parent."""
    options = list(parent.sequence if isinstance(parent, OrdinalHyperparameter) else parent.choices)
    kinds = ["equals", "in", "greater"] if isinstance(parent, OrdinalHyperparameter) else ["equals", "in"]
    match draw(st.sampled_from(kinds)):
        case "equals":
            return EqualsCondition(child, parent, draw(st.sampled_from(options)))
        case "in":
            return InCondition(child, parent, options[: draw(st.integers(1, len(options)))])
    return GreaterThanCondition(child, parent, options[0])


@st.composite
def spaces(
    draw: st.DrawFn, conditions: bool = True, forbiddens: bool = False, kinds: tuple[str, ...] = KINDS
) -> ConfigurationSpace:
    space = ConfigurationSpace(seed=draw(st.integers(0, 1000)))
    # ConfigSpace 1.2 takes "a and b" and "a or b" in one space for one condition; tests/condition_graphs.py has both
    conjunction = draw(st.sampled_from([AndConjunction, OrConjunction]))
    for i in range(draw(st.integers(1, 5))):
        child = hyperparameter(draw, f"h{i}", kinds)
        space.add(child)
        others = [h for n, h in space.items() if n != child.name and not isinstance(h, Constant)]
        parents = [h for h in others if hasattr(h, "choices") or hasattr(h, "sequence")]
        if not conditions or not parents or draw(st.booleans()):
            continue
        chosen = draw(st.lists(st.sampled_from(parents), min_size=1, max_size=2, unique_by=lambda h: h.name))
        made = [condition(draw, child, parent) for parent in chosen]
        if len(made) == 1:
            space.add(made[0])
        else:
            space.add(conjunction(*made))
    discrete = [h for h in space.values() if hasattr(h, "choices")]
    if forbiddens and len(discrete) >= 2:
        default = space.get_default_configuration()
        clauses = [
            ForbiddenEqualsClause(h, next(c for c in h.choices if h.name not in default or c != default[h.name]))
            for h in discrete[:2]
        ]
        space.add(ForbiddenAndConjunction(*clauses))
    return space
