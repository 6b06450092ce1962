"""Messages as they come, made fit to be read and kept: what was said, by whom nobody can tell.

- `cleaned`: `clean`, without markup, quoted replies, signatures and disclaimers.
- `markup`: HTML to text; `threads`: what of a mail its writer wrote.
- `masking`: `mask`, personal data behind a word for what stood there.
- `mails`: `read_mails`, messages of .eml and .mbox files.
- `sentences`: sentences, each with its language.
- `images`: `seen_in_image`, what can be said of an image, or that it was not seen.
"""

from verbond.expressions.cleaning.cleaned import Cleaned, Removed, clean
from verbond.expressions.cleaning.images import Seen, seen_in_image
from verbond.expressions.cleaning.mails import Mail, read_mails
from verbond.expressions.cleaning.masking import Mask, mask
from verbond.expressions.cleaning.sentences import Span, sentences

__all__ = [
    "Cleaned",
    "Mail",
    "Mask",
    "Removed",
    "Seen",
    "Span",
    "clean",
    "mask",
    "read_mails",
    "seen_in_image",
    "sentences",
]
