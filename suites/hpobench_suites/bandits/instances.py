"""The published bandit instances, as plain numbers: the mean reward of each arm.

Auer, Cesa-Bianchi & Fischer, *Finite-time Analysis of the Multiarmed Bandit Problem*, Machine Learning 47 (2002),
section 4, numbers their Bernoulli instances; we take 2 (two arms), 12 (ten arms, staggered) and 14 (ten arms, the
hard one: a small gap at the largest variance). The Gaussian instance is in the manner of the 10-armed testbed of
Sutton & Barto, *Reinforcement Learning* (2nd edition, section 2.3): unit variance, means spread like a standard normal.

The best arm is not put first, so that a policy which breaks ties by order gains nothing.
"""

BERNOULLI = {
    "bernoulli-2": (0.8, 0.9),
    "bernoulli-10": (0.6, 0.8, 0.7, 0.6, 0.8, 0.7, 0.9, 0.6, 0.8, 0.7),
    "bernoulli-10-hard": (0.45, 0.45, 0.45, 0.45, 0.45, 0.45, 0.55, 0.45, 0.45, 0.45),
}
GAUSSIAN_10 = (0.2, -0.8, 1.5, 0.4, 1.2, -1.5, -0.2, -1.0, 0.9, -0.6)
