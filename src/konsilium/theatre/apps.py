from django.apps import AppConfig


class TheatreConfig(AppConfig):
    name = "konsilium.theatre"
    label = "theatre"
    default_auto_field = "django.db.models.BigAutoField"
