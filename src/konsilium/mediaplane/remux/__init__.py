"""Turns a transport stream that needs no conversion into fragments, without a process in between. A kernel."""

from konsilium.mediaplane.remux.remuxer import Remuxer, Unsuitable

__all__ = ["Remuxer", "Unsuitable"]
