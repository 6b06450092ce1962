"""Data that people bring: taken in, recognised, asked about, read by a job, taken out again."""

__all__: list[str] = []
