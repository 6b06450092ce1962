"""A community that starts small: customers who showed interest are asked for ideas, and get an answer.

- `members`: who is asked, each by a link of her own; who does not want to be.
- `ideas`: what they bring, what is answered, and what other members may read of it.
- `letters`, `sending`: invitations and answers by mail, each at most once.
- `flowing`: each idea is a `contribution` of that customer in the tables.
- `forgetting`: what is kept of one person, its erasure, and what is too old.
- `demo`: the demo company's community.
"""
