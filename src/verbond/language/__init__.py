"""Words and sentences of Dutch and English: where they stand on the value circle.

- `stems`: words brought back to what their inflections share, function words, negations.
- `wordlist`: our list of words that companies use, each with its values and its relationship type.
- `lines`: words of others on one line of ours.
- `encoder`: sentence vectors, where a package for them is installed.
- `places`: `place(words)`, a free word or phrase on the circle, with how sure that is.

Values and relationship types are ids here; what they mean stands in `verbond.method`.
"""

from verbond.language.encoder import Encoder, find_encoder
from verbond.language.places import Place, PlacedPart, Placer, place
from verbond.language.wordlist import WORDS, Word

__all__ = ["WORDS", "Encoder", "Place", "PlacedPart", "Placer", "Word", "find_encoder", "place"]
