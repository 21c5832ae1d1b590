from django.urls import path

from konsilium.broadcast import uploads, views

urlpatterns = [
    path("channels/<uuid:channel_id>/grant", views.grant, name="channel_grant"),
    path("channels/<uuid:channel_id>/film", views.film, name="channel_film"),
    path("halls/<uuid:hall_id>/grant", views.desk_grant, name="desk_grant"),
    path("recordings/<uuid:recording_id>/grant", views.preview_grant, name="recording_grant"),
    path("congresses/<slug:slug>/uploads/", uploads.uploads, name="uploads"),
    path("uploads/<uuid:recording_id>", uploads.upload, name="upload"),
]
