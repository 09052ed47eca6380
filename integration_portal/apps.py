"""App configuration of the wiring: it has no models, only the deploy checks and what listens to signing in."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "integration_portal"

    def ready(self) -> None:
        from . import checks, first_start, sign_in_log  # noqa: F401 - they register themselves
