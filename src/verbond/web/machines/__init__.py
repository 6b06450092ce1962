"""For other systems: the API, webhooks, where each customer stands."""

__all__: list[str] = []
