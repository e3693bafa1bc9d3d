"""The side of the front ends: what an experiment is to be, and its life as a folder."""
