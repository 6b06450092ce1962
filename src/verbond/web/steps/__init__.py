"""Steps of the plan that people take on, and looking again at what came of them.

- `taking`: a step of a plan becomes an undertaking; where a lot decides, an experiment beside it.
- `reaching`: whom it reached, into the tables.
- `looking`: what came of it, and what the organisation knows from then on.
- `reminding`: the owner is reminded by mail, once.
- `demo`: what the demo company took on.
- `forms`, `telling`: the questions; a step in words.
"""
