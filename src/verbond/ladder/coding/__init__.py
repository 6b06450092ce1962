"""From a panel to the codes that the kernel reads.

- `layout`: what a model looks at in a panel, decided from sums that add up.
- `context`: actions, seasons and what carries over.
- `encoding`: every row as small integers, and the book of their combinations.
- `histories`: customers with equal histories, reckoned once.
- `panels`: parts of a panel: periods, and what was put aside.
"""
