"""App configuration of the wiring: it has no models, only the deploy check."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "integration_portal"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers itself
