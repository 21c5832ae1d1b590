from django.apps import AppConfig


class RoomsConfig(AppConfig):
    name = "konsilium.rooms"
    label = "rooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from konsilium.people.registry import register_rights_changed  # reason: once all apps are loaded
        from konsilium.rooms.bell import recheck_on_commit  # reason: the same

        register_rights_changed(recheck_on_commit)
