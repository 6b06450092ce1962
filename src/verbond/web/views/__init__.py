"""Views, a noun a file: load (access), form, act, render."""

__all__: list[str] = []
