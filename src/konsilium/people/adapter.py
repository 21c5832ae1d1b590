from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils import translation

from konsilium.foundation import clock
from konsilium.people.models import User
from konsilium.people.registry import landing_of


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts as the site wants them: mail in the language of the person it goes to, and no site's name before it."""

    def format_email_subject(self, subject: str) -> str:
        return f"Konsilium: {subject}"

    def render_mail(
        self,
        template_prefix: str,
        email: str,
        context: dict[str, object],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        user = User.objects.filter(email=email.lower()).first()
        language = (user.language if user else "") or translation.get_language()
        with translation.override(language):
            message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        return message

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Asked for only where no `next` was given."""
        user = request.user
        return landing_of(user, clock.now()) if isinstance(user, User) else "/"

    def save_user(self, request: HttpRequest, user: User, form: object, commit: bool = True) -> User:
        user.language = translation.get_language() or ""
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved
