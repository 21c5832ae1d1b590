"""Command lines are values; ffmpeg itself is asked in tests/media."""

from konsilium.mediaplane.encoder.command_lines import (
    ListenAt,
    listen,
    listen_in,
    rung,
    send,
    stage,
    thumbnails,
)
from konsilium.mediaplane.encoder.decisions import StagePlan, Treatment
from konsilium.mediaplane.encoder.process import redact

AT = ListenAt("127.0.0.1", 20001, "a secret & more?", 120)


def test_a_passphrase_is_an_argument_of_its_own() -> None:
    """Not part of an address, where it would need quoting and would be printed."""
    for command in (listen("ffmpeg", AT), send("ffmpeg", "clip.mp4", AT)):
        assert command[command.index("-passphrase") + 1] == AT.passphrase
        assert [word for word in command if "secret" in word] == [AT.passphrase]
        assert "srt://127.0.0.1:20001" in command


def test_an_address_of_version_six_is_written_in_brackets() -> None:
    assert "srt://[::1]:20001" in listen("ffmpeg", ListenAt("::1", 20001, "0123456789", 120))


def test_copied_streams_are_not_coded() -> None:
    plan = StagePlan(Treatment.COPY, Treatment.COPY, 256, 257)
    command = stage("ffmpeg", plan, video_fd=7, audio_fd=8, probe=1000)
    assert "libx264" not in command
    assert command[command.index("-c:v") + 1] == command[command.index("-c:a") + 1] == "copy"
    assert "aac_adtstoasc" in command
    assert command.index("pipe:7") < command.index("pipe:8") == len(command) - 1


def test_streams_that_are_not_there_are_not_asked_for() -> None:
    only_sound = stage(
        "ffmpeg", StagePlan(Treatment.NONE, Treatment.TRANSCODE, None, 257), video_fd=7, audio_fd=8, probe=1
    )
    assert "pipe:7" not in only_sound
    assert only_sound[only_sound.index("-map") + 1] == "0:i:257"
    only_picture = stage(
        "ffmpeg", StagePlan(Treatment.TRANSCODE, Treatment.NONE, 256), video_fd=7, audio_fd=8, probe=1
    )
    assert "pipe:8" not in only_picture
    assert "libx264" in only_picture


def test_only_fields_are_deinterlaced() -> None:
    for deinterlace in (True, False):
        plan = StagePlan(Treatment.TRANSCODE, Treatment.NONE, 256, deinterlace=deinterlace)
        command = stage("ffmpeg", plan, video_fd=7, audio_fd=8, probe=1)
        assert command[command.index("-vf") + 1].startswith("bwdif") is deinterlace


def test_secrets_are_taken_out_of_what_ffmpeg_says() -> None:
    assert (
        redact("srt://host?passphrase=abcdefghij failed", ("abcdefghij",)) == "srt://host?passphrase=… failed"
    )


def test_helpers_write_to_pipes_only() -> None:
    """Nothing of an operation's picture reaches a disk."""
    for command in (
        listen_in("ffmpeg", levels_fd=7, sound_fd=8),
        thumbnails("ffmpeg", fd=7),
        rung("ffmpeg", height=360, kbps=600, nvenc=False, fd=7),
    ):
        assert command[command.index("-i") + 1] == "pipe:0"
        assert command[-1] in {"pipe:7", "pipe:8"}
        assert not [word for word in command if "/" in word and ":" not in word and "trunc" not in word]


def test_a_rung_has_the_key_frames_of_its_source_whoever_codes_it() -> None:
    for nvenc, coder in ((False, "libx264"), (True, "h264_nvenc")):
        command = rung("ffmpeg", height=360, kbps=600, nvenc=nvenc, fd=7)
        assert command[command.index("-c:v") + 1] == coder
        assert command[command.index("-force_key_frames") + 1] == "source"
        assert "-copyts" in command
