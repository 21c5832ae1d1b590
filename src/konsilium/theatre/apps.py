from django.apps import AppConfig


class TheatreConfig(AppConfig):
    name = "konsilium.theatre"
    label = "theatre"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from konsilium.theatre import live  # reason: models can be imported only once all apps are loaded

        live.register()
