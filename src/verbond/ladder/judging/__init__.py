"""How far to believe it.

- `checks`: what the data can carry.
- `order`: whether the order of the rungs holds.
- `falls`: what falls where it should rise.
- `heldout`: what can be seen without asking.
- `trial`: the ladder on periods put aside.
- `calibration`: whether chances are right.
- `rivals`: simpler ways of predicting.
- `answered`: the next answers of people who answered before.
"""
