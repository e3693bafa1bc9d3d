"""The data of the suite ``tables`` of hpobench-tui: published trainings, with their licences beside them."""
