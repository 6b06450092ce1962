"""Before an experiment: how many people, for how long, who gets what, and what is agreed beforehand.

- `plan`: `ExperimentPlanner`, the size of an experiment; `kernel`: the arithmetic.
- `design`: `choose_design`, what can be learnt in this situation and how.
- `assignment`: `Assigner`, who is in which arm, by lot within strata.
- `registration`: `register`, what is agreed beforehand, frozen by its hash.
"""
