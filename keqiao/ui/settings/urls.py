"""The addresses of the settings pages."""

from __future__ import annotations

from django.urls import path

from keqiao.ui import converters
from keqiao.ui.settings import (
    custom_fields,
    data,
    leaving,
    own,
    people,
    roles,
    security,
    two_factor,
)

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("", own.index),
    path("profile/", own.profile),
    path("security/", own.security),
    path("sessions/", own.sessions),
    path("tokens/", own.tokens),
    path("fields/", custom_fields.fields),
    path("fields/new/", custom_fields.new_field),
    path("fields/<record:field_id>/", custom_fields.edit_field),
    path("fields/<record:field_id>/delete/", custom_fields.delete_field),
    path("fields/<record:field_id>/number/", custom_fields.number_field),
    path("fields/<record:field_id>/restore/", custom_fields.restore_field),
    path("numbering/", data.numbering),
    path("bin/", data.recycle_bin),
    path("people/", people.people),
    path("people/new/", people.person),
    path("people/<record:user_id>/", people.person),
    path("people/<record:user_id>/leaving/", leaving.leaving),
    path("people/<record:user_id>/two-factor/", two_factor.reset),
    path("departments/", people.departments),
    path("refused/", security.refused_access),
    path("roles/", roles.roles),
    path("roles/<record:role_id>/", roles.role_matrix),
    path("roles/<record:role_id>/fields/", roles.field_rights),
]
