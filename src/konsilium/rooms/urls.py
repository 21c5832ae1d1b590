from django.urls import path

from konsilium.rooms import views

urlpatterns = [
    path("openapi.json", views.openapi, name="room_openapi"),
    path("<uuid:room_id>", views.show, name="room"),
    path("<uuid:room_id>/commands", views.command, name="room_command"),
]
