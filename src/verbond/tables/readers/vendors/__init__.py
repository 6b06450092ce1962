"""Export files of common products: known by their headers, read into the canonical tables.

- `signatures.toml`, `products`: what is known of each product, as data.
- `peek`, `layouts`: the first rows of a file, and headers that take several.
- `look`: the columns of one file, with what their cells hold.
- `propose`, `proposals`, `generic`, `surveys`, `questions`: what the columns are proposed to be.
- `rows`: lines of one order folded, refunds taken off, rows that are none refused.
- `recognise`: all this for one file, for people and programs to look at and change.
"""

__all__: list[str] = []
