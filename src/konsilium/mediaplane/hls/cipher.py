"""AES-128 as EXT-X-KEY means it (RFC 8216bis 4.4.4.4), and where its keys come from.

A channel has one secret; all its keys are derived from it (RFC 5869), so destroying the secret destroys them
all. A key holds for `rotation_s` seconds of the channel clock and is the same in all renditions.
"""

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

SECRET_SIZE = 32
KEY_SIZE = 16
#: Two hours at two keys a minute: more than the live window has. What is forgotten is derived again.
MOST_KEYS_KEPT = 240


class SegmentStream:
    """Encrypts a segment while it grows; what comes out, one after the other, is the whole ciphertext."""

    def __init__(self, encryptor: CipherContext) -> None:
        self._encryptor = encryptor
        self._padder = PKCS7(AES.block_size).padder()

    def update(self, data: bytes) -> bytes:
        return self._encryptor.update(self._padder.update(data))

    def finish(self) -> bytes:
        return self._encryptor.update(self._padder.finalize()) + self._encryptor.finalize()


class Cipher:
    def __init__(self, secret: bytes, rotation_s: int = 30) -> None:
        if len(secret) != SECRET_SIZE:
            raise ValueError("a channel's secret has 32 bytes")
        self._secret = secret
        self.rotation_s = rotation_s
        self._keys: dict[int, bytes] = {}

    def number(self, ticks: int, timescale: int) -> int:
        """Of the key for a segment that begins at `ticks` of the channel clock."""
        return ticks // (timescale * self.rotation_s)

    def key(self, number: int) -> bytes:
        known = self._keys.get(number)
        if known is None:
            if len(self._keys) >= MOST_KEYS_KEPT:
                self._keys.clear()
            info = b"konsilium key %d" % number
            known = HKDF(SHA256(), KEY_SIZE, salt=None, info=info).derive(self._secret)
            self._keys[number] = known
        return known

    def stream(self, number: int, msn: int) -> SegmentStream:
        return SegmentStream(self._block_cipher(number, msn).encryptor())

    def encrypt(self, data: bytes, number: int, msn: int) -> bytes:
        """A part, or a segment at once; `number` is the key's, `msn` the segment's."""
        stream = self.stream(number, msn)
        return stream.update(data) + stream.finish()

    def decrypt(self, data: bytes, number: int, msn: int) -> bytes:
        """ValueError if it was not encrypted with this key and number."""
        decryptor = self._block_cipher(number, msn).decryptor()
        unpadder = PKCS7(AES.block_size).unpadder()
        padded = decryptor.update(data) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()

    def _block_cipher(self, number: int, msn: int) -> BlockCipher[CBC]:
        return BlockCipher(AES(self.key(number)), CBC(iv_of(msn)))


def iv_of(msn: int) -> bytes:
    """4.4.4.4: without an IV attribute "the Media Sequence Number is to be used as the IV", as 16 bytes."""
    return msn.to_bytes(16, "big")
