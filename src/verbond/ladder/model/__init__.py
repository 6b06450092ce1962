"""The model: states, start, movement, and what is seen on each rung.

- `space`: states: rungs, classes, gone.
- `movement`: start and moves, and `ordered`, the ordered logit.
- `emission`: what every emission can do; `emissions`: the face of counts, binary, categories, amounts.
- `scores`: survey scores, with loops in `score_kernel`.
- `model`: all of it as one vector of parameters.
- `fitted`: a model with its parameters.
"""
