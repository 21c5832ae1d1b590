"""An uploaded film becomes a recording: looked at, copied or coded once, sealed in the vault."""

from konsilium.mediaplane.conversion.conversions import Conversions

__all__ = ["Conversions"]
