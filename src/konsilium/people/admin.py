"""What an administrator needs to see of accounts. Whatever changes goes through `actions`, and so into the trail."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from konsilium.foundation import clock
from konsilium.foundation.errors import KonsiliumError
from konsilium.people.access import access_account
from konsilium.people.actions import (
    administer_account,
    revoke_verification,
    set_account_open,
    verify_physician,
)
from konsilium.people.models import Institution, User, Verification

if TYPE_CHECKING:  # at run time Django's classes take no parameters
    VerificationsOfUser = admin.TabularInline[Verification, User]
    OfUser = admin.ModelAdmin[User]
    OfInstitution = admin.ModelAdmin[Institution]
else:
    VerificationsOfUser, OfUser, OfInstitution = admin.TabularInline, admin.ModelAdmin, admin.ModelAdmin

VERIFIED_FOR = timedelta(days=365)


class VerificationInline(VerificationsOfUser):
    """Who verified this person, when and until when; to read only."""

    model = Verification
    fk_name = "user"
    extra = 0
    can_delete = False
    fields = ("verified_by", "verified_at", "valid_until", "licence", "revoked_at", "revoked_by")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        return False


@admin.register(User)
class UserAdmin(OfUser):
    list_display = ("full_name", "email", "affiliation", "city", "country", "is_active", "joined_at")
    list_display_links = ("full_name", "email")
    list_filter = ("is_active", "is_staff", "country")
    search_fields = ("full_name", "email", "affiliation", "city")
    ordering = ("full_name", "email")
    fields = (
        "email", "full_name", "affiliation", "city", "country", "language", "time_zone",
        "is_active", "is_staff", "is_superuser", "joined_at", "last_login",
    )  # fmt: skip
    readonly_fields = ("email", "is_active", "joined_at", "last_login")
    inlines = (VerificationInline,)
    actions = ("verify_for_a_year", "revoke", "close", "open_again")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Accounts are made by their owners or by a programme file."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        """Accounts are closed and not deleted: what they did stays attributable."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool) -> None:  # noqa: ARG002
        actor = access_account(request.user)
        administer_account(actor=actor, user=obj, changed=form.changed_data, now=clock.now())

    @admin.action(description=_("Verify as physicians for a year"))
    def verify_for_a_year(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now = clock.now()

        def verify(actor: User, user: User) -> object:
            until = now + VERIFIED_FOR
            return verify_physician(actor=actor, user=user, valid_until=until, now=now, country=user.country)

        self._each(request, queryset, verify)

    @admin.action(description=_("Revoke the verification"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now = clock.now()
        self._each(
            request, queryset, lambda actor, user: revoke_verification(actor=actor, user=user, now=now)
        )

    @admin.action(description=_("Close the account"))
    def close(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_open(request, queryset, is_open=False)

    @admin.action(description=_("Open the account again"))
    def open_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_open(request, queryset, is_open=True)

    def _set_open(self, request: HttpRequest, queryset: QuerySet[User], *, is_open: bool) -> None:
        now = clock.now()

        def act(actor: User, user: User) -> object:
            set_account_open(actor=actor, user=user, is_open=is_open, now=now)
            return is_open

        self._each(request, queryset, act)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[User], act: Callable[[User, User], object]
    ) -> None:
        """One after the other: what is refused for one person is done for the others."""
        actor = access_account(request.user)
        done = 0
        for user in queryset:
            try:
                act(actor, user)
                done += 1
            except KonsiliumError as error:
                messages.error(request, f"{user}: {error.message}")
        if done:
            text = ngettext("Done for %(count)d account.", "Done for %(count)d accounts.", done)
            messages.success(request, text % {"count": done})


@admin.register(Institution)
class InstitutionAdmin(OfInstitution):
    list_display = ("name", "city", "country")
    search_fields = ("name", "city")
