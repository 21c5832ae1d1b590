"""GStreamer's playbin3 as a program: prints a line of JSON for every picture and sound that reaches a sink.

Run by Debian's own Python, which has GStreamer's bindings: gstreamer_player.py ADDRESS COOKIE SECONDS.
"""

import array
import json
import os
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402 - the version must be said first

PICTURE = "videoconvert ! videoscale ! video/x-raw,format=GRAY8,width=64,height=36"
SOUND = "audioconvert ! audio/x-raw,format=S16LE,channels=1"


def tell(**words):
    # In one piece: picture and sound come from threads of their own.
    os.write(1, json.dumps(words).encode() + b"\n")


def sink(description, told):
    made = Gst.parse_bin_from_description(
        f"{description} ! fakesink name=end signal-handoffs=true sync=true", True
    )
    made.get_by_name("end").connect("handoff", lambda _sink, data, _pad: told(data))
    return made


def picture(data):
    tell(kind="picture", at=data.pts / Gst.SECOND, row=data.extract_dup(0, 64).hex())


def sound(data):
    wave = array.array("h", data.extract_dup(0, data.get_size()))
    tell(kind="sound", at=data.pts / Gst.SECOND, peak=max(wave, default=0))


def main(address, cookie, seconds):
    Gst.init(None)
    loop = GLib.MainLoop()
    player = Gst.ElementFactory.make("playbin3")
    # hlsdemux2 takes over the cookies of the element that read the first playlist, and not its headers.
    player.connect("source-setup", lambda _player, source: source.set_property("cookies", [cookie]))
    player.set_property("video-sink", sink(PICTURE, picture))
    player.set_property("audio-sink", sink(SOUND, sound))
    player.set_property("uri", address)

    def heard(_bus, message):
        if message.type == Gst.MessageType.ERROR:
            tell(kind="error", words=str(message.parse_error()))
            loop.quit()

    bus = player.get_bus()
    bus.add_signal_watch()
    bus.connect("message", heard)
    player.set_state(Gst.State.PLAYING)
    GLib.timeout_add(int(seconds * 1000), loop.quit)
    loop.run()
    tell(kind="version", words=Gst.version_string())
    player.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
