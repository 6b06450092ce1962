"""Who somebody is: sessions, the second step, passkeys, providers, tokens, and how often one may try."""

__all__: list[str] = []
