"""Experiments: planned in steps, agreed on, drawn by lot.

- `settings`: what was answered in the steps.
- `ground`: what the organisation's own data say already.
- `sizing`: how many people it takes, and which difference can be seen.
- `agreeing`: the page that is frozen.
- `drawing`: the lot, into the tables, and the list to take along.
- `reading`: what came of it, as was agreed and no sooner.
- `forms`, `telling`: the steps as forms; figures in words.
"""
