"""Programmes and members to look at; a programme is changed by loading its file, roles on the members' pages."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from konsilium.programme.models import Congress, Membership, Slot

if TYPE_CHECKING:  # at run time Django's class takes no parameter
    OfModel = admin.ModelAdmin[Model]
else:
    OfModel = admin.ModelAdmin


class ReadOnly(OfModel):
    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Congress)
class CongressAdmin(ReadOnly):
    list_display = ("__str__", "slug", "starts_on", "ends_on", "time_zone", "demonstration", "loaded_at")


@admin.register(Slot)
class SlotAdmin(ReadOnly):
    list_display = ("__str__", "kind", "hall", "starts_at", "minutes", "cancelled", "withdrawn", "revision")
    list_filter = ("congress", "kind", "cancelled", "withdrawn")
    list_select_related = ("hall",)


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("user", "congress", "roles", "attendance", "joined_at")
    list_filter = ("congress", "attendance")
    list_select_related = ("user", "congress")
    search_fields = ("user__full_name", "user__email")
