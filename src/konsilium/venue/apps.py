from django.apps import AppConfig


class VenueConfig(AppConfig):
    name = "konsilium.venue"
    label = "venue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from konsilium.venue import live  # reason: models can be imported only once all apps are loaded

        live.register()
