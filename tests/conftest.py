"""What every test may use."""

import gc
import os
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils import translation

from konsilium.config import i18n

# A busy machine must not fail a property by being slow.
# A change is not held up by an example that has nothing to do with it: on CI they are the same ones every time.
SAME_EXAMPLES = "CI" in os.environ
hypothesis.settings.register_profile("konsilium", deadline=None, print_blob=True, derandomize=SAME_EXAMPLES)
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("konsilium"), max_examples=25)
hypothesis.settings.load_profile("konsilium")

FOLDERS = {"media": "media", "browser": "browser"}
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}


def pytest_configure() -> None:
    """A hash that is slow to guess is slow to make, too; the tests make hundreds. A fresh clone has no .mo files."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if "PYTEST_XDIST_WORKER" not in os.environ:
        i18n.compile_catalogues()


def pytest_collection_finish() -> None:
    """What the imports made lives as long as the run: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test belongs to one kind: by its folder, by the database it asks for, else it is a unit test."""
    here = Path(__file__).parent
    for item in items:
        if any(item.get_closest_marker(kind) for kind in ("unit", "integration", "media", "browser")):
            continue
        folder = item.path.relative_to(here).parts[0]
        fixtures = set(getattr(item, "fixturenames", ()))
        if folder in FOLDERS:
            item.add_marker(FOLDERS[folder])
        elif item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES:
            item.add_marker("integration")
        else:
            item.add_marker("unit")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """An emptied database is told that it was migrated, whereupon the permissions of Django's admin are made again:
    an eighth of what a test with a room costs, and no test looks at them."""
    assert post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.fixture
def now() -> datetime:
    """A moment that no test depends on by accident: a Tuesday morning in Almaty."""
    return datetime(2026, 3, 10, 4, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english() -> object:
    """Texts are compared in their source language; what a test activates does not reach the next one."""
    with translation.override("en"):
        yield
