"""Several networks trained together, as a GPU does it faster than one after the other."""
