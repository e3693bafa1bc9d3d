"""The parts of the levels, one a module, in a package a level; ``panel`` has what all of them are."""
