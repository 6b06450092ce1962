"""What the server's log says: never a token, since who reads a log is not who was given the link."""

from __future__ import annotations

import logging
import re
from typing import Any

__all__ = ["WithoutTokens"]

_TOKENS = re.compile(r"/(invitations|guests|shared|session/link|q/[^/\s]+/(?:i|s|kiosk))/[^/\s?]+")


class WithoutTokens(logging.Filter):
    """Takes tokens out of the addresses in a message.

    Examples
    --------
    >>> record = logging.makeLogRecord({"msg": "Not Found: %s", "args": ("/guests/x7Yz/",)})
    >>> WithoutTokens().filter(record), record.getMessage()
    (True, 'Not Found: /guests/.../')
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record, and let it through."""
        record.msg = _cleaned(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_cleaned(one) for one in record.args)
        return True


def _cleaned(value: Any) -> Any:
    return _TOKENS.sub(r"/\1/...", value) if isinstance(value, str) else value
