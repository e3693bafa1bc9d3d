"""Which optimizer finds better configurations: paired runs under exactly equal budgets, and the statistics over them.

python -m benchmarks.quality run bayesian --optimizers gp,skopt-gp --seeds 30
python -m benchmarks.quality report bayesian
"""
