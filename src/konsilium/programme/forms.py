"""What an organiser says of a member."""

from django import forms
from django.utils.translation import gettext_lazy as _

from konsilium.people.roles import ROLE_TITLES, Role


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles in this congress"),
        choices=[(role.value, title) for role, title in ROLE_TITLES.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def chosen(self) -> list[Role]:
        return [Role(role) for role in self.cleaned_data["roles"]]
