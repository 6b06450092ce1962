"""Reading past actions: those whom an action reached beside those whom it had not (yet) reached.

- `model`: `PastAction` and `read_past`, from tables to verdicts, short and long side by side.
- `options`, `panel`, `reading`, `telling`: what is asked; customers by months; figures; sentences.
- `did`: difference-in-differences with staggered starts, on arrays; whether both groups moved alike before.
- `results`: what comes out.
"""
