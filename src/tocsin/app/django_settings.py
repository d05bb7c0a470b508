"""Django's own configuration, derived from Tocsin's settings."""

from __future__ import annotations

import os

from tocsin.app.hosts import allowed_hosts
from tocsin.app.keys import secret_key
from tocsin.app.settings import load_settings
from tocsin.store.databases import database_settings

_settings = load_settings()
_public_url = _settings.text("TOCSIN_PUBLIC_URL")

SECRET_KEY = secret_key(_settings.home / "keys" / "session.key").hex()
DEBUG = False
ALLOWED_HOSTS = allowed_hosts(_settings)
APPEND_SLASH = False
ROOT_URLCONF = "tocsin.process.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tocsin.store",
    "tocsin.console",
]
MIDDLEWARE = [
    # It looks at the Host header of every request; without it, only a few views would.
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
            ]
        },
    }
]
DATABASES = {"default": database_settings(_settings.text("TOCSIN_DATABASE_URL"), _settings.home)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "store.Account"
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_NAME = "tocsin_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _public_url.startswith("https://")
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_COOKIE_NAME = "tocsin_csrf"
CSRF_TRUSTED_ORIGINS = [_public_url.rstrip("/")]
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LOGGING_CONFIG = None
# An upload on its way lies beside the evidence, not in /tmp, which may be memory or shared.
FILE_UPLOAD_TEMP_DIR = str(_settings.home / "spool")
os.makedirs(FILE_UPLOAD_TEMP_DIR, mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
