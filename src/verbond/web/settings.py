"""Django's settings, made from an installation: no environment variables, no settings file to write."""

from __future__ import annotations

import os
from typing import Any

from verbond.web.installation import Installation, database_settings

__all__ = ["configure", "refresh", "settings_for"]

_QUEUE, _IMMEDIATE = "django_tasks_db.DatabaseBackend", "django_tasks.backends.immediate.ImmediateBackend"
_ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"
_QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"


def settings_for(
    installation: Installation, *, hosts: tuple[str, ...] = (), https: bool = False, testing: bool = False
) -> dict[str, Any]:
    """Everything that Django wants to know.

    Parameters
    ----------
    installation : Installation
    hosts : tuple of str
        Names under which the application is reached, besides this machine's own.
    https : bool
        Whether it is reached through https (a proxy in front): cookies then go nowhere else.
    testing : bool
        Jobs are done at once, and passwords are hashed quickly.
    """
    return {
        "INSTALLATION": installation,
        "SECRET_KEY": installation.secret_key,
        "DEBUG": False,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]", *hosts],
        "CSRF_TRUSTED_ORIGINS": [f"https://{host}" for host in hosts if host != "*"],
        "ROOT_URLCONF": "verbond.web.urls",
        "ASGI_APPLICATION": "verbond.web.asgi.application",
        "DATABASES": {"default": database_settings(installation.database, installation.folder)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django_tasks_db",
            "verbond.web.store",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "verbond.web.middleware.headers",
            "django.middleware.gzip.GZipMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "verbond.web.middleware.language",
            "verbond.web.middleware.refusals",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "DIRS": [],
                "APP_DIRS": False,
                "OPTIONS": {"environment": "verbond.web.templating.environment"},
            }
        ],
        "TASKS": {"default": {"BACKEND": _IMMEDIATE if testing else _QUEUE, "QUEUES": ["default"]}},
        "AUTH_USER_MODEL": "store.User",
        "LOGIN_URL": "/session/",
        "PASSWORD_HASHERS": [_QUICK if testing else _ARGON2],
        "AUTH_PASSWORD_VALIDATORS": [
            {
                "NAME": "verbond.web.forms.LongEnough",
                "OPTIONS": {"min_length": 12},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        ],
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": True,
        "LANGUAGE_CODE": "en",
        "LANGUAGES": [("en", "English"), ("nl", "Nederlands")],
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_AGE": 60 * 60 * 24 * 14,
        "CSRF_COOKIE_SECURE": https,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "verbond.web.views.refusals.csrf",
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if https else None,
        "SECURE_HSTS_SECONDS": 60 * 60 * 24 * 365 if https else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 2_500_000,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 4000,
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.TemporaryFileUploadHandler"],
        "FILE_UPLOAD_TEMP_DIR": None,
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"tokens": {"()": "verbond.web.logs.WithoutTokens"}},
            "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["tokens"]}},
            "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
        },
    }


def configure(installation: Installation, **options: Any) -> None:
    """Set Django up for one installation; a process serves one.

    What this process writes, database and customers' files first of all, is for nobody else on the machine.
    """
    import django
    from django.conf import settings

    if not options.get("testing"):
        os.umask(0o077)
    settings.configure(**settings_for(installation, **options))
    django.setup()


def refresh() -> None:
    """Take the secrets that stand in the folder now: a backup may have been put in place meanwhile."""
    from django.conf import settings

    found = Installation.open(settings.INSTALLATION.folder)
    if found != settings.INSTALLATION:
        settings.INSTALLATION, settings.SECRET_KEY = found, found.secret_key
