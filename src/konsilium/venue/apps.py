from django.apps import AppConfig


class VenueConfig(AppConfig):
    name = "konsilium.venue"
    label = "venue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from konsilium.venue import landing, live  # reason: once all apps are loaded

        live.register()
        landing.register()
