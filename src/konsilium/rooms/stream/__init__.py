"""The live tail of a room: `GET /rooms/<id>/events`, as a stream or as a long poll."""

from konsilium.rooms.stream.app import Tail, create_tail, end_tails

__all__ = ["Tail", "create_tail", "end_tails"]
