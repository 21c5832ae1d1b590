"""The vault: ciphertext of what was released, in volumes on the disk or in S3; its keys lie elsewhere."""

from konsilium.mediaplane.vault.film import Film
from konsilium.mediaplane.vault.keys import Destroyed
from konsilium.mediaplane.vault.recorded import Recorded
from konsilium.mediaplane.vault.shelf import RenditionShelf
from konsilium.mediaplane.vault.space import SpaceLimits
from konsilium.mediaplane.vault.store import S3Options, Store, store_of
from konsilium.mediaplane.vault.vault import Vault
from konsilium.mediaplane.vault.writer import Writer

__all__ = [
    "Destroyed",
    "Film",
    "Recorded",
    "RenditionShelf",
    "S3Options",
    "SpaceLimits",
    "Store",
    "Vault",
    "Writer",
    "store_of",
]
