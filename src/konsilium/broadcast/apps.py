from django.apps import AppConfig


class BroadcastConfig(AppConfig):
    name = "konsilium.broadcast"
    label = "broadcast"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from konsilium.broadcast import live  # reason: models can be imported only once all apps are loaded

        live.register()
