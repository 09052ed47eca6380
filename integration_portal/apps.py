"""App configuration of the wiring: it has no models, only the deploy checks."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "integration_portal"

    def ready(self) -> None:
        from . import checks, first_start  # noqa: F401 - they register themselves
