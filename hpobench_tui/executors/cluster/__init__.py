"""Workers of a Dask cluster as an executor: each task is a Dask task, which has a process of its own where it runs."""
