"""What the application keeps: `models`, `reads` (queries), `acts` (writes), migrations."""

__all__: list[str] = []
