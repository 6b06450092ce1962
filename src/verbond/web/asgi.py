"""The ASGI application; settings are made before it is imported."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
