"""The action card: what one action did, short and long side by side, and the sentence for the boss.

- `model`: `ActionCards`, a card each kind of action, and for the campaigns that cost most.
- `reading`: from tables to the figures of a card.
- `telling`: its sentences.
- `results`: what comes out.
"""
