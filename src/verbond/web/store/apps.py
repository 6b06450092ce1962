"""The Django app that holds the models."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """What the application keeps."""

    name = "verbond.web.store"
    label = "store"

    def ready(self) -> None:
        """Whoever signs in, by whatever door, is on the list of sessions."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from verbond.web.people import sessions

        user_logged_in.connect(sessions.keep_list)
        user_logged_out.connect(sessions.leave_list)
