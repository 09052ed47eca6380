"""The map of the portal: which app answers which path."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from . import health, metrics

# The stock login of the admin asks for a password only; allauth's way in asks for the second factor too (S06).
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "integration_portal.errors.bad_request"
handler500 = "integration_portal.errors.server_error"

urlpatterns = [
    path("", include("projects.urls")),
    path("konto/", include("integration_portal.account_urls")),
    path("admin/", admin.site.urls),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics, name="metrics"),
    # Asked for by pages that name no icon, such as the admin's.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("img/sign-32.png"))),
]
