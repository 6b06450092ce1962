"""The Django app that holds the models."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """What the application keeps."""

    name = "verbond.web.store"
    label = "store"
