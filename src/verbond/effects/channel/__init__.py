"""What forced channels and personal contact do to customers: behaviour, what they say, which relationship.

- `model`: `ChannelEffect`, from tables to a result.
- `kernel`: answers of reached beside others in the same waves, before and after.
- `results`: what comes out.
"""
