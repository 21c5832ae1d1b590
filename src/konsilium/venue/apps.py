from django.apps import AppConfig


class VenueConfig(AppConfig):
    name = "konsilium.venue"
    label = "venue"
    default_auto_field = "django.db.models.BigAutoField"
