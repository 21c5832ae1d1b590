"""Django's settings, derived from the options of this installation (see `options.py`)."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from konsilium.config.logs import logging_config
from konsilium.config.messages import messages_for
from konsilium.config.options import read_options
from konsilium.config.secrets import secret

OPTIONS = read_options()
ROOT = Path(__file__).resolve().parents[3]
DATA = Path(OPTIONS.data).resolve()
DATA.mkdir(parents=True, exist_ok=True)

DEBUG = OPTIONS.debug
SECRET_KEY = secret(DATA, "site")
MEDIA_GRANT_KEY = secret(DATA, "media").encode()
ROOT_URLCONF = "konsilium.config.urls"
ASGI_APPLICATION = "konsilium.config.asgi.application"
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SITE_URLS = [url.strip().rstrip("/") for url in OPTIONS.url.split(",") if url.strip()]
SECURE = SITE_URLS[0].startswith("https://")
ALLOWED_HOSTS = sorted({urlsplit(url).hostname or "" for url in SITE_URLS} | {"127.0.0.1", "localhost"})
CSRF_TRUSTED_ORIGINS = SITE_URLS

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "konsilium.foundation",
    "konsilium.people",
    "konsilium.programme",
    "konsilium.rooms",
    "konsilium.floor",
    "konsilium.broadcast",
    "konsilium.theatre",
    "konsilium.venue",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "konsilium.foundation.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "konsilium.foundation.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "konsilium.foundation.middleware.ReaderMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "konsilium.foundation.middleware.ErrorMiddleware",
    "konsilium.foundation.rates.WriteRateMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "konsilium.foundation.context.reader",
                "konsilium.venue.context.on_air",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")


def _database() -> dict[str, object]:
    if not OPTIONS.database_url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "konsilium.sqlite3",
            "OPTIONS": {
                # A writer takes its lock at BEGIN, so that reading a version and writing the next one is one act.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
            "TEST": {"NAME": DATA / "test.sqlite3"},
        }
    address = urlsplit(OPTIONS.database_url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(address.path.lstrip("/")),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": unquote(address.hostname or ""),
        "PORT": str(address.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "konsilium.people.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "konsilium.people.forms.SignUpForm"}
# A hall of 1,500 sits behind one address: what is guessed at is limited by the account ("key").
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": "200/m/ip,5/300s/key",
    "signup": "300/m/ip",
    "reset_password": "100/m/ip,5/m/key",
    "reset_password_from_key": "100/m/ip",
}
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"

SESSION_COOKIE_NAME = "konsilium_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_NAME = "konsilium_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "konsilium.foundation.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
X_FRAME_OPTIONS = "DENY"
ALLAUTH_TRUSTED_PROXY_COUNT = OPTIONS.proxies
if OPTIONS.proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# A piece of an uploaded film stays in memory until it is in its own file, and never lies in a temporary one.
FILE_UPLOAD_MAX_MEMORY_SIZE = 17_000_000

LANGUAGE_CODE = OPTIONS.language
LANGUAGES = [("ru", "Русский"), ("kk", "Қазақша"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "konsilium_language"
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [ROOT / "src" / "konsilium" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = OPTIONS.time_zone

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [path for path in [ROOT / "frontend" / "dist"] if path.is_dir()]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[.-][0-9a-zA-Z_-]{8,12}\..+$"
VITE_MANIFEST = ROOT / "frontend" / "dist" / "manifest.json"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

DEFAULT_FROM_EMAIL = OPTIONS.mail_from
_mail = urlsplit(OPTIONS.mail)
if _mail.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname
    EMAIL_PORT = _mail.port or 25
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"

LOGGING = logging_config(level=OPTIONS.log_level)

SCRIPT_MESSAGES = messages_for
