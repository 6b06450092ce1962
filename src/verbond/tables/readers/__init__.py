"""What reads the user's files, without losing or inventing anything.

A file *lands* in a raw table, its columns are *resolved* to canonical ones, and the rows are *conformed*:
each is kept or refused with a reason. What a cell means is decided over its whole column.

- `folder`: which files hold which table.
- `encoding`, `records`, `delimited`: text files; `workbooks`: Excel; `stored`: Parquet, SPSS and frames.
- `names`, `columns`: what the user's names mean.
- `readings`, `moments`, `typed`: what cells mean.
- `wide`: survey files with a column an item.
- `conform`, `refusals`, `reading`: rows kept and rows refused, counted.
- `sql`, `macros.sql`: the SQL of all this.
"""

__all__: list[str] = []
