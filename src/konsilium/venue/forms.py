"""Forms of the venue's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from konsilium.broadcast.actions.feeds import NO_ROOM_FOR
from konsilium.broadcast.decisions import MOST_FEEDS, has_room
from konsilium.broadcast.models import Feed
from konsilium.broadcast.queries import feeds_in
from konsilium.foundation.localised import localised
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

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        interpreter = bool(said.get("language"))
        if interpreter and said.get("carries_sound"):
            self.add_error(
                "carries_sound", _("An interpreter is chosen by who listens, and not heard by all.")
            )
        if not has_room(feeds_in(self.hall), interpreter=interpreter):
            raise forms.ValidationError(NO_ROOM_FOR[interpreter] % {"most": MOST_FEEDS})
        return said


class FeedChangeForm(forms.Form):
    """What can be changed of a feed that is there."""

    title = forms.CharField(max_length=60, label=gettext_lazy("Name"))
    carries_sound = forms.BooleanField(
        required=False, label=gettext_lazy("Everybody hears the sound of this feed")
    )
    new_passphrase = forms.BooleanField(
        required=False,
        label=gettext_lazy("Give it a new passphrase"),
        help_text=gettext_lazy("Its encoder is put out until it has the new address."),
    )

    def __init__(self, data: Any = None, *, feed: Feed) -> None:
        initial = {"title": localised(feed.title), "carries_sound": feed.carries_sound}
        # Several of these stand on one page.
        super().__init__(data, initial=initial, auto_id=f"id_{feed.key}_%s")
        self.feed = feed

    def controls(self) -> list[forms.BoundField]:
        """An interpreter's sound is never everybody's."""
        return [self[name] for name in self.fields if not (name == "carries_sound" and self.feed.language)]
