"""The only writer of the broadcast: channels, feeds, recordings, uploads, clips, viewings, and the plan."""

from konsilium.broadcast.actions.channels import (
    end_channel,
    note_showing_over,
    note_stop,
    open_channel,
    prepare_channel,
    resume_channel,
    set_delay,
    set_programme,
    show_live,
    show_recording,
    stop_channel,
)
from konsilium.broadcast.actions.clips import make_clip, remove_clip, restore_clip
from konsilium.broadcast.actions.feeds import (
    add_feed,
    change_feed,
    close_feed,
    open_feed,
    prepare_feed,
    report_signal,
)
from konsilium.broadcast.actions.plan import refresh_plan, write_plan
from konsilium.broadcast.actions.recordings import (
    DestroyReason,
    convert_again,
    destroy_recording,
    follow_conversion,
    follow_recording,
    forbid_recording,
    note_download,
    note_preview,
    note_unsealing,
)
from konsilium.broadcast.actions.uploads import abandon_upload, adopt_film, begin_upload, take_chunk
from konsilium.broadcast.actions.viewings import give_pass, open_viewing, rejudge_person

__all__ = [
    "DestroyReason",
    "abandon_upload",
    "add_feed",
    "adopt_film",
    "begin_upload",
    "change_feed",
    "close_feed",
    "convert_again",
    "destroy_recording",
    "end_channel",
    "follow_conversion",
    "follow_recording",
    "forbid_recording",
    "give_pass",
    "make_clip",
    "note_download",
    "note_preview",
    "note_showing_over",
    "note_stop",
    "note_unsealing",
    "open_channel",
    "open_feed",
    "open_viewing",
    "prepare_channel",
    "prepare_feed",
    "refresh_plan",
    "rejudge_person",
    "remove_clip",
    "report_signal",
    "restore_clip",
    "resume_channel",
    "set_delay",
    "set_programme",
    "show_live",
    "show_recording",
    "stop_channel",
    "take_chunk",
    "write_plan",
]
