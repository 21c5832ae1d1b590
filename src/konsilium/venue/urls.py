from django.urls import path

from konsilium.venue import views

urlpatterns = [
    path("operations/<uuid:operation_id>/", views.operation, name="operation"),
    path("operations/<uuid:operation_id>/live/", views.live, name="operation_live"),
    path("operations/<uuid:operation_id>/desk/", views.desk, name="operation_desk"),
    path("operations/<uuid:operation_id>/board/", views.board, name="operation_board"),
    path("operations/<uuid:operation_id>/screen/", views.screen, name="operation_screen"),
]
