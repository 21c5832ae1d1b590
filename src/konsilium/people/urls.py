from django.urls import path

from konsilium.people import views

urlpatterns = [
    path("settings/", views.account_settings, name="account_settings"),
    path("verification/", views.verification, name="verification"),
    path("enter/<str:token>/", views.login_link, name="login_link"),
]
