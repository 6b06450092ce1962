"""Looking ahead.

- `chain`: many chains moved at once.
- `forecast`: one period ahead, as distributions.
- `ahead`: many periods ahead, exactly.
- `plans`: plans of actions, read and checked.
- `planned`: what two plans come to.
- `whatif`: two plans carried forward with common draws.
"""
