"""Who was won by what, what that cost, and what is left of it a year later.

- `model`: `Winning`, from tables to a result.
- `kernel`: means, shares and differences from sums over customers.
- `telling`: sentences.
- `grouping`: which customers are told about together, so that no figure is about fewer than five.
- `results`: what comes out.
"""
