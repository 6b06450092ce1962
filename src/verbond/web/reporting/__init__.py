"""Reports in the application: made in every form from a kept diagnosis, in the organisation's own colours.

- `files`: the file of a diagnosis, made once and kept beside it.
- `branding`: colours and logo; what is brought is drawn anew before it is kept.
- `sending`: the page for the board by mail, again and again, to people of the organisation.
"""
