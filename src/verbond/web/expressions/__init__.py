"""What a company says and writes, against what it promises.

- `promising`: the organisation's promise, version by version.
- `bringing`: messages as they are pasted or brought, cleaned and masked before anything is kept.
- `auditing`: messages held against the promise, by a job where there are many.
- `showing`: an audit as a page, a table and files.
- `adding`: the messages of an audit into the organisation's tables.
- `forgetting`: who is named in all this, and what is too old.
- `forms`: what people fill in.
"""
