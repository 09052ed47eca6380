"""The portal, a constant page of 40 KB, and the stock admin list of the same projects with its facets."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from projects.models import Project

CONSTANT = b"<!DOCTYPE html><title>x</title>" + b"Integrationsmosaik " * 2154


class OpenSite(admin.AdminSite):
    """Everybody may look: the list is measured, not the sign-in."""

    def has_permission(self, request: HttpRequest) -> bool:
        return True


class ProjectList(admin.ModelAdmin):
    list_display = ("title", "lead", "stage")
    list_filter = ("topics", "target_groups", "lead__kind", "stage", "operator_kind", "staffing", "evidence")
    list_per_page = 24
    show_facets = admin.ShowFacets.ALWAYS

    def has_view_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return True


site = OpenSite(name="bench_admin")
site.register(Project, ProjectList)


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(CONSTANT)


urlpatterns = [
    path("bench/constant/", constant),
    path("bench/admin/", site.urls),
    path("", include("integration_portal.urls")),
]
