"""Structured logs: one JSON object a line, without secrets."""

import json
import logging
import re
from datetime import UTC, datetime

SECRET_IN_URL = re.compile(r"(?i)\b(passphrase|password|token|key|code|grant|secret)=[^&\s'\"]+")
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def without_secrets(text: str) -> str:
    """The text with the values of secret parameters put out."""
    return SECRET_IN_URL.sub(lambda match: f"{match.group(1)}=…", text)


class JsonFormatter(logging.Formatter):
    """A log record as one JSON line: time in UTC, level, logger, message and whatever `extra` named."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD_FIELDS}
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def logging_config(*, level: str) -> dict[str, object]:
    """The configuration for `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "konsilium.config.logs.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "uvicorn.access": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
        },
    }
