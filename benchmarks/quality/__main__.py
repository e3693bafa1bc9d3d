"""``python -m benchmarks.quality run|report SET``; see ``--help``."""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"  # before NumPy is imported: one thread a run, as the engine's workers have

from benchmarks.quality.command import main  # noqa: E402

main()
