"""People of the company label messages, and the rater learns from them.

- `asking`: which messages somebody reads next, one after another.
- `teaching`: the labels of an organisation, the heads learned from them, and the rater that uses both.
- `showing`: how far people agree, whether chances come true, what was learned.
- `forms`: what somebody says of a message.
"""
