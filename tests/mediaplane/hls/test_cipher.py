"""Encryption as any player undoes it: against a published vector, openssl and the key derivation's own RFC."""

import hashlib
import hmac
import subprocess

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.hls.cipher import Cipher, SegmentStream, iv_of

SECRET = bytes(range(32))


def openssl(data: bytes, key: bytes, iv: bytes) -> bytes:
    command = ["openssl", "enc", "-d", "-aes-128-cbc", "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def test_cbc_is_that_of_nist() -> None:
    """NIST SP 800-38A, F.2.1, CBC-AES128.Encrypt; what follows its four blocks is padding."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    iv = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
    plain = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    coded = bytes.fromhex(
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
        "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
    )
    stream = SegmentStream(BlockCipher(AES(key), CBC(iv)).encryptor())
    whole = stream.update(plain) + stream.finish()
    assert whole[:64] == coded
    assert len(whole) == 80


def test_keys_are_derived_as_rfc_5869_says() -> None:
    """Its two steps by hand: extract with an empty salt, expand to one block."""
    extracted = hmac.digest(bytes(32), SECRET, hashlib.sha256)
    expanded = hmac.digest(extracted, b"konsilium key 7\1", hashlib.sha256)
    assert Cipher(SECRET).key(7) == expanded[:16]


def test_keys_are_distinct_by_number_and_secret() -> None:
    keys = {Cipher(SECRET).key(number) for number in range(2000)}
    assert len(keys) == 2000
    assert Cipher(bytes(32)).key(1) not in keys


def test_the_number_changes_with_the_clock_alone() -> None:
    cipher = Cipher(SECRET, 30)
    for timescale in (90_000, 48_000):
        assert [cipher.number(second * timescale, timescale) for second in (0, 29, 30, 59, 60)] == [
            0,
            0,
            1,
            1,
            2,
        ]
        assert cipher.number(30 * timescale - 1, timescale) == 0


def test_the_iv_is_the_media_sequence_number() -> None:
    """4.4.4.4: "by putting its big-endian binary representation into a 16-octet (128-bit) buffer"."""
    assert iv_of(0x0102) == bytes(14) + b"\1\2"


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4096])
def test_openssl_undoes_it(size: int) -> None:
    cipher, data = Cipher(SECRET), bytes(index % 251 for index in range(size))
    assert openssl(cipher.encrypt(data, 3, 17), cipher.key(3), iv_of(17)) == data


@given(pieces=st.lists(st.binary(max_size=70), max_size=8))
def test_a_segment_that_grows_is_the_segment_at_once(pieces: list[bytes]) -> None:
    cipher = Cipher(SECRET)
    stream = cipher.stream(1, 2)
    grown = b"".join([stream.update(piece) for piece in pieces] + [stream.finish()])
    assert grown == cipher.encrypt(b"".join(pieces), 1, 2)
    assert cipher.decrypt(grown, 1, 2) == b"".join(pieces)


def test_another_key_reads_nothing() -> None:
    data = bytes(1000)
    coded = Cipher(SECRET).encrypt(data, 1, 2)
    assert data[:16] not in coded
    for cipher, number in ((Cipher(SECRET), 2), (Cipher(bytes(32)), 1)):
        try:
            assert cipher.decrypt(coded, number, 2) != data
        except ValueError:
            continue


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(b"short")
