"""Tables of trainings: a space-filling sample of a problem, trained once and written down, to be replayed later."""
