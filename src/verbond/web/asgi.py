"""The ASGI application; settings are made before it is imported."""

from django.core.asgi import get_asgi_application

from verbond.web.bodies import limited

application = limited(get_asgi_application())
