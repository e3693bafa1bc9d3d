"""A module that pollutes when it is imported, once a process: its own losses need that in every run."""

import hpobench_polluting

hpobench_polluting.pollute()


class Imported(hpobench_polluting.Shown):
    pass
