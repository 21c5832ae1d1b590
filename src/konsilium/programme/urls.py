from django.urls import path

from konsilium.programme import feeds, organise, views

urlpatterns = [
    path("", views.home, name="home"),
    path("now/", views.now, name="now"),
    path("congresses/<slug:slug>/", views.congress, name="congress"),
    path("congresses/<slug:slug>/join/", views.join, name="congress_join"),
    path("congresses/<slug:slug>/programme/", views.programme, name="programme"),
    path("congresses/<slug:slug>/calendar.ics", feeds.congress_calendar, name="congress_calendar"),
    path("congresses/<slug:slug>/halls/<slug:key>/calendar.ics", feeds.hall_calendar, name="hall_calendar"),
    path("congresses/<slug:slug>/members/", organise.members, name="members"),
    path("congresses/<slug:slug>/members/<uuid:membership_id>/", organise.member, name="member"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("slots/<uuid:slot_id>/", views.slot, name="slot"),
]
