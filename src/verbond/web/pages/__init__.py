"""The pages of a diagnosis: one module a room, in the order of the menu."""

from verbond.web.pages.content import Content, Filters, RoomPage

__all__ = ["PAGES", "Content", "Filters", "RoomPage"]

PAGES: dict[str, RoomPage] = {
    "today": RoomPage("verbond.web.pages.today", template="rooms/today.html"),
    "plan": RoomPage("verbond.web.pages.plan", template="rooms/plan.html"),
    "ladder": RoomPage("verbond.web.pages.ladder", filtered=True),
    "values": RoomPage("verbond.web.pages.values"),
    "loyalty": RoomPage("verbond.web.pages.loyalty"),
    "effects": RoomPage("verbond.web.pages.effects"),
    "expressions": RoomPage("verbond.web.pages.expressions"),
}
"""By the name in the address; `web.page_NAME` is the title. Data has forms of its own: `views/imports.py`."""
