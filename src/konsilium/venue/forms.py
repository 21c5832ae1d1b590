"""Forms of the venue's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from konsilium.broadcast.models import Feed
from konsilium.programme.models import Hall


class ConfirmForm(forms.Form):
    """A word has to be typed: for what cannot be taken back."""

    typed = forms.CharField(max_length=40, label=gettext_lazy("Type the word"))

    def __init__(self, *arguments: Any, word: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.word = word
        self.fields["typed"].widget.attrs.update(autocomplete="off", autocapitalize="characters")

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.strip().casefold() != self.word.casefold():
            raise forms.ValidationError(_("This is not the word. Nothing was destroyed."))
        return typed


class FeedForm(forms.Form):
    """A camera or device of a theatre."""

    key = forms.SlugField(
        max_length=40,
        label=gettext_lazy("Short name"),
        help_text=gettext_lazy("Small Latin letters and digits; it stands in addresses and never changes."),
    )
    title = forms.CharField(max_length=60, label=gettext_lazy("Name"))
    carries_sound = forms.BooleanField(
        required=False, label=gettext_lazy("Everybody hears the sound of this feed")
    )
    language = forms.RegexField(
        r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$",
        required=False,
        max_length=35,
        label=gettext_lazy("Interpreter's language"),
        help_text=gettext_lazy("For example ru, kk or en. Leave empty for a picture."),
    )

    #: Names of shared audio renditions.
    RESERVED = frozenset({"sound", "sound-low"})

    def __init__(self, *arguments: Any, hall: Hall, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.hall = hall

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"].lower().replace("_", "-")
        if key in self.RESERVED or not key[0].isalnum():
            raise forms.ValidationError(_("This short name is taken."))
        if Feed.objects.filter(hall=self.hall, key=key).exists():
            raise forms.ValidationError(_("This theatre has a feed of that name already."))
        return key

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"]
        if language and Feed.objects.filter(hall=self.hall, language__iexact=language).exists():
            raise forms.ValidationError(_("This theatre has an interpreter of that language already."))
        return language
