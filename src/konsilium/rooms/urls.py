from django.urls import path

from konsilium.rooms import views

urlpatterns = [
    path("<uuid:room_id>", views.show, name="room"),
    path("<uuid:room_id>/commands", views.command, name="room_command"),
]
