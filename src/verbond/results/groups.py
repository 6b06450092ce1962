"""How small a group may be before figures about it would be figures about somebody."""

MIN_GROUP = 5
"""No figure about fewer people than this is ever shown."""
