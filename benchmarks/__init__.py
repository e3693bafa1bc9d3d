"""Speed against peers, paired in one run; prints ratios. ``make bench``."""
