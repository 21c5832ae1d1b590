from django.apps import AppConfig


class FloorConfig(AppConfig):
    name = "konsilium.floor"
    label = "floor"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from konsilium.floor import live  # reason: models can be imported only once all apps are loaded

        live.register()
