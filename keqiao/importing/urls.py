"""The addresses of imports and exports."""

from __future__ import annotations

from django.urls import path

from keqiao.importing import export_views, pages, row_views
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("import/", pages.start_page, name="import"),
    path("import/template/<object:declared>.xlsx", pages.template_file),
    path("import/<record:run_id>/", pages.run_page, name="import-run"),
    path("import/<record:run_id>/columns/", pages.columns_page),
    path("import/<record:run_id>/check/", pages.begin_check),
    path("import/<record:run_id>/run/", pages.begin_run),
    path("import/<record:run_id>/undo/", pages.undo_page),
    path("import/<record:run_id>/progress/", pages.progress_part),
    path("import/<record:run_id>/go/", pages.go_on),
    path("import/<record:run_id>/errors.xlsx", pages.error_file),
    path("import/<record:run_id>/rows/<record:row_id>/", row_views.correct_cell),
    path("import/<record:run_id>/rows/<record:row_id>/drop/", row_views.drop_row),
    path("exports/", export_views.exports_page, name="exports"),
    path("exports/<record:order_id>/", export_views.export_file),
]
