"""Where recordings lie besides this machine's disk, and how much room they need there, as the options say."""

from konsilium.config.options import Options
from konsilium.mediaplane.vault import S3Options, SpaceLimits, Store, store_of

GB = 1_000_000_000


def recordings_store(options: Options) -> Store | None:
    """None: on the disk alone."""
    return store_of(
        S3Options(
            address=options.recordings_store,
            endpoint=options.s3_endpoint,
            access_key=options.s3_access_key,
            secret_key=options.s3_secret_key,
        )
    )


def recordings_space(options: Options) -> SpaceLimits:
    """When the disk counts as nearly full, and as full."""
    low = options.recordings_free_gb * GB
    return SpaceLimits(low_bytes=low, least_bytes=low // 10)
