"""The pages of a diagnosis: one module a room, in the order of the menu."""

from verbond.web.pages.content import Content, RoomPage
from verbond.web.pages.ladder import LADDER
from verbond.web.pages.today import TODAY
from verbond.web.pages.values import VALUES

__all__ = ["PAGES", "Content", "RoomPage"]

PAGES: dict[str, RoomPage] = {page.name: page for page in (TODAY, LADDER, VALUES)}
"""By name, in the order of the menu; Data has forms of its own and stands in `views/imports.py`."""
