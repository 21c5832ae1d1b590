"""Settings and Django, read when a command needs them and with this command's own choices."""

import os
import warnings
from pathlib import Path

from konsilium.config.bootstrap import plain_cause
from konsilium.config.options import PREFIX, Options, read_options
from konsilium.config.terminal import CannotGoOn, plain_system_errors


def set_up(**choices: object) -> Options:
    """Put a command's choices above environment and file, then make Django ready."""
    for name, value in choices.items():
        os.environ[PREFIX + name.upper()] = str(value)
    options = read_options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konsilium.config.settings")
    import django  # only commands that touch the database pay for it

    with plain_system_errors("The data folder cannot be used", Path(options.data)):
        django.setup()
    return options


def migrate() -> None:
    """Bring the database up to date, or say plainly why it cannot be reached."""
    # Django can be asked only after `set_up`.
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CannotGoOn(database_trouble(error)) from error


def require_migrated() -> None:
    """Refuse to work on a database that is older than the program."""
    if number := unapplied_migrations():
        raise CannotGoOn(
            f"The database lacks {number} changes of this version. Start ./konsilium up once: it adds them."
        )


def unapplied_migrations() -> int:
    # Django can be asked only after `set_up`.
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            executor = MigrationExecutor(connection)
    except DatabaseError as error:
        raise CannotGoOn(database_trouble(error)) from error
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def database_trouble(error: Exception) -> str:
    text = str(error).strip()
    causes = {
        "disk is full": "The disk of the database is full. Free some space and start again.",
        "readonly database": "The database file may not be written by this user. Give the data folder to it.",
        "unable to open database": "The database file cannot be opened. Does the data folder belong to this user?",
        "malformed": "The database file is damaged. Put back the last backup, and check the disk.",
        "password authentication failed": "PostgreSQL refuses name or password. Check the setting database_url.",
        "does not exist": "PostgreSQL does not know the database or its user. Create them, or check database_url.",
        "onnection refused": "PostgreSQL does not answer. Check that it runs, and the setting database_url.",
        "could not translate host": "The host named in the setting database_url is not known.",
        "locked": "Another program holds the database for longer than 20 seconds. Find and stop it.",
    }
    plain = next((sentence for mark, sentence in causes.items() if mark in text), None)
    return plain or plain_cause(text) or f"The database cannot be used: {text}"
