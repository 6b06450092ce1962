"""The command line: `verbond NOUN VERB …`, one file a noun.

- `main`: the group of all commands; each is imported only when it is called.
- `output`: `--json`, `--csv`, `--table` in one decorator, and progress on a terminal.
"""
