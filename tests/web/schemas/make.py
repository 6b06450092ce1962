"""Makes the backup of a released schema: `python tests/web/schemas/make.py`, once, when a schema is released.

A row in every table, all of it made up; the file is named after the schema's last migration. Never make one
again for a schema that has been released: the file is what users have.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import uuid
from pathlib import Path

from verbond.web.installation import Installation
from verbond.web.settings import configure

HERE = Path(__file__).parent
MOMENT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def main() -> None:
    """An installation with a row in every table, and its backup."""
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation.open(Path(folder) / "workspace")
        configure(installation)
        from django.apps import apps
        from django.db import models

        from verbond.web.serve import migrate

        migrate(installation)
        made: dict[type[models.Model], models.Model] = {}

        def value(field: models.Field) -> object:
            if isinstance(field, models.ForeignKey):
                if field.related_model is field.model:
                    return None
                return make(field.related_model)
            if isinstance(field, models.DateTimeField):
                return MOMENT
            if isinstance(field, models.DateField):
                return MOMENT.date()
            if isinstance(field, models.UUIDField):
                return uuid.UUID(int=7)
            if isinstance(field, models.JSONField):
                return {"rows": [1, None, "é"]}
            if isinstance(field, models.BinaryField):
                return b"\x00\xff"
            if isinstance(field, models.BooleanField):
                return True
            if isinstance(field, (models.IntegerField, models.FloatField)):
                return 1
            if field.choices:
                return field.choices[-1][
                    0
                ]  # of a survey "identified": of an anonymous one a backup keeps less
            return {"email": "els@example.org", "slug": "acme"}.get(field.name, "made up")[: field.max_length]

        def make(model: type[models.Model]) -> models.Model:
            if model not in made:
                fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
                made[model] = model(**{f.name: value(f) for f in fields})
                made[model].save(force_insert=True)
            return made[model]

        for model in apps.get_app_config("store").get_models():
            make(model)
        file = installation.data_folder(1) / "results" / "kept.txt"
        file.parent.mkdir(parents=True)
        file.write_text("a file of an organisation")

        from verbond.web.keeping.backups import make_backup

        path = make_backup(installation, Path(folder) / "made.verbond").path
        from django.db import connection
        from django.db.migrations.loader import MigrationLoader

        last = max(name for app, name in MigrationLoader(connection).applied_migrations if app == "store")
        target = HERE / f"{last}.verbond"
        if target.exists():
            sys.exit(f"{target} is there: a released schema does not change")
        target.write_bytes(path.read_bytes())
        print(target)


if __name__ == "__main__":
    main()
