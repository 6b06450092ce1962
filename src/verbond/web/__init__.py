"""The web application: a team brings its files and reads the relationship. Needs the extra `app`.

Django 5.2 with Jinja2 templates; htmx and a few small modules on top of pages that work without them.

- `installation`: the one folder that holds everything; `settings`: Django's settings, made from it.
- `serve`: the server and the worker in one command; `worker`, `jobs`: work in the background.
- `urls`: every route, by noun; `views/`: a noun a file; `access`: who may see what.
- `data/`: files that people bring, until they are read; `people/`: who one is, and how often one may try.
- `keeping/`: backups, the doctor, privacy, retention; `machines/`: the API, webhooks, the file for the CRM.
- `store/`: models, `reads` (queries), `acts` (writes), migrations.
- `pages/`: a page a room of the diagnosis; `contexts`: what every page needs.
- `templates/`, `styles/`, `scripts/`: what the browser gets; `templating`, `assets`: how.
"""

__all__: list[str] = []
