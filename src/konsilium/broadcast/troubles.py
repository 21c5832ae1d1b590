"""What the media plane found wrong with a sender or a film, in the reader's words, and what to do about it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from konsilium.broadcast.models import Recording
from konsilium.mediaplane.status import DoorStatus, FilmFault, Trouble


def trouble_sentences() -> dict[str, str]:
    """By trouble; {sends} is what the encoder sends."""
    return {
        Trouble.WRONG_PASSPHRASE: _("An encoder tried to connect with a wrong passphrase."),
        Trouble.PORT_IN_USE: _("Another program on the server uses this feed's port. Stop that program."),
        Trouble.NO_RECEIVER: _("The receiver of this feed does not start. Ask the administrator."),
        Trouble.NOT_A_TRANSPORT_STREAM: _(
            "What is connected sends no MPEG transport stream. Choose MPEG-TS as the format in the encoder."
        ),
        Trouble.NO_PROGRAMME: _(
            "What is connected sends a transport stream without tables. Start the encoder again."
        ),
        Trouble.NO_KNOWN_CODEC: _(
            "The encoder sends neither a picture nor a sound that can be read. Choose H.264 and AAC in it."
        ),
        Trouble.SCRAMBLED: _(
            "The encoder scrambles its stream. Switch that off: SRT with a passphrase encrypts it already."
        ),
        Trouble.NO_KEY_FRAME: _("The picture has no key frames. Set the encoder to one each second."),
        Trouble.UNDECODABLE: _(
            "What the encoder sends ({sends}) cannot be decoded. Choose H.264 and AAC in the encoder."
        ),
        Trouble.UNDECODABLE_PICTURE: _(
            "Only the sound is on air: the picture ({sends}) cannot be decoded. Choose H.264 in the encoder."
        ),
        Trouble.TOO_SLOW: _(
            "The server is too slow to convert what the encoder sends ({sends}). "
            "Choose H.264, 8 bit, 4:2:0, progressive in the encoder."
        ),
    }


def trouble_of(door: DoorStatus) -> str:
    """Nothing where nothing is wrong."""
    return trouble_sentences()[door.trouble].format(sends=door.sends) if door.trouble else ""


def holes_in(recording: Recording) -> str:
    """That pieces of a recording are missing; nothing of one that is whole."""
    if not recording.lost:
        return ""
    sentence = ngettext(
        "It has a gap: %(count)s piece of a few seconds is missing.",
        "It has gaps: %(count)s pieces of a few seconds are missing.",
        recording.lost,
    )
    return sentence % {"count": recording.lost}


def film_fault(recording: Recording) -> str:
    """Why a film could not be converted, and what to do."""
    sentences: dict[str, str] = {
        FilmFault.EMPTY: _("This file is empty. Upload it again."),
        FilmFault.NO_FILM: _("This file is no film, or of a kind that cannot be read."),
        FilmFault.NO_INDEX: _(
            "This file is incomplete: its index, which is written last, is missing. Upload it again."
        ),
        FilmFault.CUT_OFF: _(
            "This file is incomplete: only %(got)s of %(said)s could be read. Upload it again."
        ),
        FilmFault.NO_PICTURE: _("This file has no picture."),
        FilmFault.STILL: _("This file is a single picture, not a film."),
        FilmFault.LOCKED: _(
            "This file is copy-protected (encrypted) and cannot be read. Export it without protection."
        ),
        FilmFault.UNREADABLE: _("The picture of this file cannot be decoded."),
        FilmFault.NO_ROOM: _("There is no room left on the disk for recordings."),
        FilmFault.GONE: _("The uploaded file is not there any more. Upload it again."),
        FilmFault.INTERRUPTED: _(
            "The conversion was interrupted again and again. Try it again, or upload the film in another format."
        ),
    }
    lengths = {"got": _clock(recording.read_s or 0), "said": _clock(recording.said_s or 0)}
    unknown = _("The film could not be used. Check that it plays on your own computer, then upload it again.")
    return sentences.get(recording.fault, unknown) % lengths


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
