"""What is kept, and how it goes: backups, the doctor, privacy, retention."""

__all__: list[str] = []
