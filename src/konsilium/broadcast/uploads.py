"""Resumable uploads: tus 1.0.0 (tus.io/protocols/resumable-upload) with creation, expiration, checksum, termination.

Every answer names the version; refusals are a code and a sentence in the reader's language, as everywhere.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from konsilium.broadcast.access import access_recording, access_recordings
from konsilium.broadcast.actions import abandon_upload, begin_upload, finish_upload, take_chunk
from konsilium.broadcast.decisions import ABANDONED_AFTER, LONGEST_CHUNK, RecordingState
from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import upload_limit, upload_path
from konsilium.foundation import clock
from konsilium.foundation.errors import Invalid, KonsiliumError, Missing
from konsilium.foundation.rates import many_writes

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS = ("sha256", "sha1", "md5")
CHUNK_TYPE = "application/offset+octet-stream"


class WrongVersion(KonsiliumError):
    """Another version of the protocol."""

    code = "wrong_version"
    status = 412


class WrongType(KonsiliumError):
    """A piece comes as bytes and as nothing else."""

    code = "wrong_type"
    status = 415


class WrongChecksum(KonsiliumError):
    """The piece was damaged on its way; 460 is the protocol's own number."""

    code = "wrong_checksum"
    status = 460


class WrongMethod(KonsiliumError):
    """The protocol has no such request here."""

    code = "wrong_method"
    status = 405


View = Callable[..., HttpResponse]


def tus(view: View) -> View:
    """Speak the protocol: the version is asked for and named, refusals are JSON."""

    @wraps(view)
    def speak(request: HttpRequest, **arguments: object) -> HttpResponse:
        try:
            if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
                raise WrongVersion(
                    gettext_lazy("This program speaks another version of the upload protocol.")
                )
            answer = view(request, **arguments)
        except KonsiliumError as error:
            body = {"code": error.code, "message": str(error.message)}
            answer = JsonResponse(body, status=error.status)
            answer["Tus-Version"] = VERSION
        answer["Tus-Resumable"] = VERSION
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return speak


@tus
def uploads(request: HttpRequest, slug: str) -> HttpResponse:
    """`OPTIONS`: what this server can; `POST`: a place for a film."""
    if request.method == "OPTIONS":
        return _abilities()
    if request.method != "POST":
        raise WrongMethod(_("There is nothing here but the place where uploads begin."))
    congress, user = access_recordings(request.user, slug)
    said = _metadata(request.headers.get("Upload-Metadata", ""))
    upload = begin_upload(
        congress=congress,
        size=_number(request, "Upload-Length"),
        title=said.get("title", "").strip(),
        file_name=said.get("filename", "").strip(),
        actor=user,
        now=clock.now(),
    )
    answer = HttpResponse(status=201)
    answer["Location"] = reverse("upload", args=[upload.pk])
    answer["Upload-Expires"] = _expires(upload)
    return answer


def _abilities() -> HttpResponse:
    answer = HttpResponse(status=204)
    answer["Tus-Version"] = VERSION
    answer["Tus-Extension"] = EXTENSIONS
    answer["Tus-Max-Size"] = str(upload_limit())
    answer["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return answer


@many_writes
@tus
def upload(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """`HEAD`: how much is there; `PATCH`: the next piece; `DELETE`: never mind."""
    found, user = access_recording(request.user, recording_id)
    match request.method:
        case "HEAD":
            return _state(found)
        case "PATCH":
            return _patch(request, found)
        case "DELETE":
            abandon_upload(upload=found, actor=user, now=clock.now())
            return HttpResponse(status=204)
    raise WrongMethod(_("There is nothing to be read here."))


def _state(found: Recording) -> HttpResponse:
    answer = HttpResponse(status=200)
    if found.state == RecordingState.UPLOADING and not finish_upload(upload=found, now=clock.now()):
        try:
            held = os.stat(upload_path(found)).st_size  # noqa: PTH116 - the length is the state
        except FileNotFoundError:
            raise Missing from None
        answer["Upload-Expires"] = _expires(found)
    else:
        # Its last answer was lost: the sender learns that all is there.
        held = found.size
    answer["Upload-Offset"] = str(held)
    answer["Upload-Length"] = str(found.size)
    return answer


def _patch(request: HttpRequest, found: Recording) -> HttpResponse:
    if request.content_type != CHUNK_TYPE:
        raise WrongType(_("A piece of an upload has the type application/offset+octet-stream."))
    offset = _number(request, "Upload-Offset")
    # One byte more than allowed is enough to see that it is too long.
    data = request.read(LONGEST_CHUNK + 1)
    _check_sum(request.headers.get("Upload-Checksum", ""), data)
    now = clock.now()
    held = take_chunk(upload=found, offset=offset, data=data, now=now)
    found.touched_at = now
    answer = HttpResponse(status=204)
    answer["Upload-Offset"] = str(held)
    answer["Upload-Expires"] = _expires(found)
    return answer


def _check_sum(header: str, data: bytes) -> None:
    if not header:
        return
    algorithm, _space, encoded = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Invalid(_("This checksum is not known here."), code="unknown_checksum")
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    if digest != _decoded(encoded):
        raise WrongChecksum(_("The piece was damaged on its way. It is sent again."))


def _metadata(header: str) -> dict[str, str]:
    """`key base64,key base64`; what cannot be read is left out, as the film counts and not its name."""
    said: dict[str, str] = {}
    for pair in header.split(","):
        key, _space, encoded = pair.strip().partition(" ")
        try:
            said[key] = _decoded(encoded).decode()
        except (Invalid, UnicodeDecodeError):
            continue
    return said


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Invalid(_("This is not base64."), code="not_base64") from None


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid(_("The request lacks its “%(header)s”.") % {"header": header}, code="no_number")
    return int(text)


def _expires(found: Recording) -> str:
    ends = (found.touched_at or found.made_at) + timedelta(seconds=ABANDONED_AFTER.total_seconds())
    return http_date(ends.timestamp())
