"""Looking ahead.

- `chain`: many chains moved at once.
- `forecast`: one period ahead, as distributions.
- `ahead`: many periods ahead, exactly.
- `plans`: plans of actions, read and checked.
- `planned`: what two plans come to.
- `climbing`: what reaching people once does to where they stand later, whatever it is known from.
- `allocation`: whom to reach with what, on a budget.
- `whatif`: two plans carried forward with common draws.
"""
