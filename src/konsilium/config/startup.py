"""Settings and Django, read when a command needs them and with this command's own choices."""

import os

from konsilium.config.options import PREFIX, Options, read_options


def set_up(**choices: object) -> Options:
    """Put a command's choices above environment and file, then make Django ready."""
    for name, value in choices.items():
        os.environ[PREFIX + name.upper()] = str(value)
    options = read_options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konsilium.config.settings")
    import django  # only commands that touch the database pay for it

    django.setup()
    return options
