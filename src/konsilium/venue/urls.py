from django.urls import path

from konsilium.venue import direction, feeds, recording, recordings, views

urlpatterns = [
    path("operations/<uuid:operation_id>/", views.operation, name="operation"),
    path("operations/<uuid:operation_id>/live/", views.live, name="operation_live"),
    path("operations/<uuid:operation_id>/desk/", views.desk, name="operation_desk"),
    path("operations/<uuid:operation_id>/board/", views.board, name="operation_board"),
    path("operations/<uuid:operation_id>/screen/", views.screen, name="operation_screen"),
    path("operations/<uuid:operation_id>/director/", views.director, name="operation_director"),
    path("operations/<uuid:operation_id>/director/log/", direction.log, name="operation_log"),
    path(
        "operations/<uuid:operation_id>/director/preflight/", direction.preflight, name="operation_preflight"
    ),
    path("operations/<uuid:operation_id>/recording/", recording.recording, name="operation_recording"),
    path("operations/<uuid:operation_id>/recording/clips/", recording.clips, name="clips"),
    path("operations/<uuid:operation_id>/recording/clips/<uuid:clip_id>/", recording.clip, name="clip"),
    path(
        "operations/<uuid:operation_id>/recording/clips/<uuid:clip_id>/restore/",
        recording.clip_restore,
        name="clip_restore",
    ),
    path("operations/<uuid:operation_id>/consent/", recording.consent, name="operation_consent"),
    path("congresses/<slug:slug>/recordings/", recordings.recordings, name="recordings"),
    path("congresses/<slug:slug>/recordings/list.json", recordings.recordings_list, name="recordings_list"),
    path(
        "congresses/<slug:slug>/recordings/slots/<uuid:operation_id>/",
        recordings.attach,
        name="recordings_attach",
    ),
    path("congresses/<slug:slug>/halls/<slug:key>/feeds/", feeds.feeds, name="hall_feeds"),
    path("congresses/<slug:slug>/halls/<slug:key>/feeds/<uuid:feed_id>/", feeds.feed, name="hall_feed"),
    path("recordings/<uuid:recording_id>/", recordings.preview, name="recording_preview"),
    path("recordings/<uuid:recording_id>/destroy/", recordings.destroy, name="recording_destroy"),
    path("recordings/<uuid:recording_id>/convert/", recordings.convert, name="recording_convert"),
]
