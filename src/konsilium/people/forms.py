"""Sign-up, settings, and the licence of a physician."""

from datetime import UTC, date, datetime, time, timedelta

from allauth.account.forms import SignupForm
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from konsilium.foundation import clock
from konsilium.foundation.middleware import KNOWN_ZONES
from konsilium.people.actions import Profile, change_profile
from konsilium.people.countries import country_choices
from konsilium.people.models import User

#: Regions whose zones people live in; the rest of the database is aliases and fixed offsets.
ZONE_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
VERIFICATION_BY_DEFAULT = timedelta(days=365)


def zone_choices() -> list[tuple[str, str]]:
    """Time zones by region and city, with what their clocks show now."""
    zones = sorted(zone for zone in KNOWN_ZONES if zone.split("/")[0] in ZONE_REGIONS)
    return [("", _("As the browser")), *((zone, zone.replace("_", " ")) for zone in zones)]  # type: ignore[list-item]


class ProfileForm(forms.Form):
    full_name = forms.CharField(
        label=_("Full name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("As it should stand on a certificate and beside your questions."),
    )  # fmt: skip
    affiliation = forms.CharField(
        label=_("Place of work"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )  # fmt: skip
    city = forms.CharField(
        label=_("City"), max_length=100, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )  # fmt: skip
    country = forms.ChoiceField(
        label=_("Country"), choices=country_choices, required=False,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("Language"), choices=lambda: settings.LANGUAGES, initial=translation.get_language
    )

    def clean_full_name(self) -> str:
        return " ".join(str(self.cleaned_data["full_name"]).split())


class SettingsForm(ProfileForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, required=False,
        help_text=_("Times are shown in this zone; every programme can also be read in the congress's own."),
    )  # fmt: skip

    @classmethod
    def of(cls, user: User) -> "SettingsForm":
        return cls(
            initial={
                "full_name": user.full_name,
                "affiliation": user.affiliation,
                "city": user.city,
                "country": user.country,
                "language": user.language or translation.get_language(),
                "time_zone": user.time_zone,
            }
        )

    def profile(self) -> Profile:
        return Profile(**self.cleaned_data)


class SignUpForm(SignupForm, ProfileForm):  # type: ignore[misc]
    """An account is made with what a question to an operating team is signed with."""

    field_order = ("full_name", "email", "password1", "affiliation", "city", "country", "language")

    def custom_signup(self, request: HttpRequest, user: User) -> None:  # noqa: ARG002 (allauth's signature)
        said = {name: self.cleaned_data[name] for name in ProfileForm.base_fields}
        change_profile(actor=user, profile=Profile(**said))


def _in_a_year() -> date:
    return (clock.now() + VERIFICATION_BY_DEFAULT).date()


class VerifyForm(forms.Form):
    """Who is looked at, and until when the look holds."""

    licence = forms.CharField(
        label=_("Licence or diploma"), max_length=100, required=False,
        help_text=_("Its number, or where it was seen."),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=_("Valid until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=_in_a_year,
    )

    def until(self) -> datetime:
        """The last second of that day, where the reader is: shown again, it is the date that was chosen."""
        last = datetime.combine(self.cleaned_data["valid_until"], time(23, 59, 59))
        return last.replace(tzinfo=timezone.get_current_timezone()).astimezone(UTC)
