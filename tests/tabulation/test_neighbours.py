"""Steps of the search on a surrogate: valid, near, and in one hyperparameter."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from condition_graphs import active, graphs, is_forbidden, is_valid, values
from hpobench_tui.tabulation.neighbours import Neighbourhood


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_neighbours_are_valid_and_differ_in_one_value_and_what_hangs_on_it(space, seed):
    full = values(space, random.Random(seed))
    if is_forbidden(space, full):
        return
    here, neighbourhood = active(space, full), Neighbourhood(space)
    near = list(neighbourhood.of(here, np.random.default_rng(seed), 0.2))
    assert near == list(neighbourhood.of(here, np.random.default_rng(seed), 0.2))
    for other in near:
        assert is_valid(space, other)
        changed = [n for n in here if n in other and other[n] != here[n]]
        assert len(changed) == 1
        assert space.children_of[changed[0]] or here.keys() == other.keys()
