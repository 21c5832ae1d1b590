"""Where recordings lie besides this machine's disk: objects by name, in S3 or in another folder."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

#: Under which names a recording's files lie in a store; the same as below the vault's folder.
ABOUT: Final = "recording.json"


class StoreAway(Exception):
    """It does not answer, or refuses. Nothing is lost by that: it is asked again later."""


class StoreRefuses(StoreAway):
    """It answered, and not with what was asked for."""


class Store(Protocol):
    """Blocks; to be used in threads."""

    def put(self, name: str, source: Path | bytes) -> None:
        """All of it, or nothing. A file must not grow meanwhile."""

    def get(self, name: str, begin: int = 0, end: int | None = None) -> bytes | None:
        """The bytes from `begin` up to, without, `end`; None if there is no such object."""

    def names(self, beginning: str) -> Iterator[str]:
        """Of all objects whose name begins so."""

    def channels(self) -> Iterator[str]:
        """First step of all names."""

    def remove(self, beginning: str) -> None:
        """All objects whose name begins so."""


def volume_name(channel: str, rendition: str, volume: int) -> str:
    return f"{channel}/{rendition}/{volume}.vol"


@dataclass(frozen=True, slots=True)
class S3Options:
    #: "s3://bucket/prefix"; the bucket must be there.
    address: str
    #: Of the server, "" for Amazon's.
    endpoint: str = ""
    access_key: str = ""
    secret_key: str = ""

    @property
    def bucket(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def prefix(self) -> str:
        path = urlsplit(self.address).path.strip("/")
        return f"{path}/" if path else ""


def store_of(options: S3Options) -> Store | None:
    """None: recordings stay on this machine's disk. ValueError if the address is none."""
    if not options.address:
        return None
    if not options.address.startswith("s3://") or not options.bucket:
        raise ValueError("recordings are kept on the disk or at s3://bucket/prefix")
    return S3Store(options)


class S3Store:
    def __init__(self, options: S3Options) -> None:
        # Half a second to start up, which a studio without a store need not spend.
        import boto3
        from botocore.config import Config

        self._options = options
        session = boto3.session.Session()

        def client(**patience: Any) -> Any:
            return session.client(
                "s3",
                endpoint_url=options.endpoint or None,
                aws_access_key_id=options.access_key or None,
                aws_secret_access_key=options.secret_key or None,
                region_name=None if not options.endpoint else "us-east-1",
                config=Config(
                    s3={"addressing_style": "path" if options.endpoint else "auto"},
                    # Older servers do not know the checksums that are sent by default.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    **patience,
                ),
            )

        self._client = client(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})
        # A viewer waits for what is read; whoever brings a volume has time.
        self._reader = client(connect_timeout=3, read_timeout=8, retries={"total_max_attempts": 1})

    def put(self, name: str, source: Path | bytes) -> None:
        opened = contextlib.nullcontext(source) if isinstance(source, bytes) else source.open("rb")
        with _away(), opened as body:
            self._client.put_object(Bucket=self._options.bucket, Key=self._key(name), Body=body)

    def get(self, name: str, begin: int = 0, end: int | None = None) -> bytes | None:
        last = "" if end is None else str(end - 1)
        with _away():
            try:
                answer = self._reader.get_object(
                    Bucket=self._options.bucket, Key=self._key(name), Range=f"bytes={begin}-{last}"
                )
                data: bytes = answer["Body"].read()
            except self._reader.exceptions.NoSuchKey:
                return None
        return data

    def names(self, beginning: str) -> Iterator[str]:
        for page in self._pages(self._key(beginning), delimiter=""):
            for found in page.get("Contents", ()):
                yield found["Key"].removeprefix(self._options.prefix)

    def channels(self) -> Iterator[str]:
        for page in self._pages(self._options.prefix, delimiter="/"):
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(self._options.prefix).rstrip("/")

    def remove(self, beginning: str) -> None:
        names = list(self.names(beginning))
        with _away():
            for name in names:
                self._client.delete_object(Bucket=self._options.bucket, Key=self._key(name))

    def _pages(self, prefix: str, *, delimiter: str) -> Iterator[dict[str, Any]]:
        with _away():
            yield from self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._options.bucket, Prefix=prefix, Delimiter=delimiter
            )

    def _key(self, name: str) -> str:
        return self._options.prefix + name


@contextlib.contextmanager
def _away() -> Iterator[None]:
    # As above.
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        yield
    except ClientError as error:
        raise StoreRefuses(str(error)) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise StoreAway(str(error)) from error
