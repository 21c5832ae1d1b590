from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from konsilium.foundation import views as foundation

urlpatterns = [
    path("healthz", foundation.healthz, name="healthz"),
    path("preferences/", foundation.preferences, name="preferences"),
    path("accounts/", include("allauth.account.urls")),
    path("people/", include("konsilium.people.urls")),
    path("administration/", admin.site.urls),
    path("styleguide/", TemplateView.as_view(template_name="styleguide.html"), name="styleguide"),
    path("rooms/", include("konsilium.rooms.urls")),
    path("broadcast/", include("konsilium.broadcast.urls")),
    path("", include("konsilium.programme.urls")),
    path("", include("konsilium.venue.urls")),
]
