"""The ASGI application: the web plane, the live plane and, on one server, the media plane."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konsilium.config.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
