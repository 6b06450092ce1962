"""From a fitted model to single customers.

- `scoring`: a fitted model over other customers.
- `probs`: the probability of each rung.
- `filter`: a state per customer that takes in new periods.
- `crm`: a row a customer for other systems.
- `explain`: why the model thinks so.
- `saving`: a fitted ladder as one file.
"""
