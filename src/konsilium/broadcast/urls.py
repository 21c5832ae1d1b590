from django.urls import path

from konsilium.broadcast import views

urlpatterns = [path("channels/<uuid:channel_id>/grant", views.grant, name="channel_grant")]
