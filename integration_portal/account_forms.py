"""allauth's forms as this portal asks them: German labels, no placeholders, the password once; no rule is added."""

from contextlib import contextmanager

from allauth.account import fields
from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import CleanTextMixin, LineField, refuse_halves

PASSWORD_HELP = _("Mindestens 12 Zeichen. Gut zu merken sind vier Wörter, die nichts miteinander zu tun haben.")
MISSING = _("Bitte füllen Sie dieses Feld aus.")


class EmailField(CleanTextMixin, fields.EmailField):
    """allauth's, cleaned like every text: one address is not two because a keyboard takes letters apart."""


class Plain:
    """Labels instead of placeholders, and our error summary instead of the browser's bubbles.

    The password is typed once: whoever mistypes it has a new one sent, and may look at it while typing (password.js).
    """

    use_required_attribute = False
    labels: dict[str, object] = {}
    help_texts: dict[str, object] = {}

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")
            field.error_messages["required"] = MISSING
            if isinstance(field, forms.CharField):
                field.validators.append(refuse_halves)


class Login(Plain, account.LoginForm):
    labels = {"login": _("E-Mail-Adresse"), "password": _("Passwort")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        old = self.fields["login"]  # made while the form is made
        old.widget.attrs["autocomplete"] = "username"
        self.fields["login"] = EmailField(label=old.label, widget=old.widget, error_messages={"required": MISSING})


class Signup(Plain, account.SignupForm):
    """With the name, because whoever lets this person act for a municipality has to know whom."""

    field_order = ["first_name", "last_name", "email", "password1"]
    labels = {"email": _("E-Mail-Adresse"), "password1": _("Passwort")}
    help_texts = {
        "email": _("Am besten Ihre dienstliche: Daran erkennen wir leichter, für wen Sie handeln."),
        "password1": PASSWORD_HELP,
    }
    email = EmailField()
    first_name = LineField(label=_("Vorname"), max_length=150)
    last_name = LineField(label=_("Nachname"), max_length=150)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["first_name"].widget.attrs.update(autocomplete="given-name")
        self.fields["last_name"].widget.attrs.update(autocomplete="family-name")
        for name in ("first_name", "last_name"):
            self.fields[name].widget.attrs.pop("maxlength", None)


class AddEmail(Plain, account.AddEmailForm):
    email = EmailField()
    labels = {"email": _("Neue E-Mail-Adresse")}
    help_texts = {"email": _("Wir schicken einen Link dorthin. Erst wenn Sie ihn öffnen, gilt die neue Adresse.")}


class ChangePassword(Plain, account.ChangePasswordForm):
    labels = {"oldpassword": _("Bisheriges Passwort"), "password1": _("Neues Passwort")}
    help_texts = {"password1": PASSWORD_HELP}


class SetPassword(Plain, account.SetPasswordForm):
    labels = {"password1": _("Neues Passwort")}
    help_texts = {"password1": PASSWORD_HELP}


class ResetPassword(Plain, account.ResetPasswordForm):
    email = EmailField()
    labels = {"email": _("E-Mail-Adresse")}


class ResetPasswordKey(Plain, account.ResetPasswordKeyForm):
    labels = {"password1": _("Neues Passwort")}
    help_texts = {"password1": PASSWORD_HELP}


class Reauthenticate(Plain, account.ReauthenticateForm):
    labels = {"password": _("Passwort")}


CODE_HELP = _("Die sechs Ziffern aus Ihrer Authenticator-App oder einer Ihrer Ersatzcodes.")


class Code(Plain):
    labels = {"code": _("Code")}
    help_texts = {"code": CODE_HELP}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(inputmode="numeric", spellcheck="false")


class Authenticate(Code, mfa.AuthenticateForm):
    pass


class ReauthenticateByCode(Code, mfa.ReauthenticateForm):
    pass


class ActivateTOTP(Code, totp.ActivateTOTPForm):
    help_texts = {"code": _("Die sechs Ziffern, die Ihre App jetzt zeigt.")}


class DeactivateTOTP(Plain, totp.DeactivateTOTPForm):
    pass


@contextmanager
def fitting():
    """An answer that no browser gives is an answer that does not fit, not an error of ours."""
    try:
        yield
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, ValidationError) as error:
        if getattr(error, "code", "incorrect_code") != "incorrect_code":
            raise
        message = _("Dieser Passkey passt nicht oder ist hier nicht bekannt.")
        raise ValidationError(message, code="passkey") from None


class CredentialField(forms.JSONField):
    """The answer of a passkey. Django lets numbers of thousands of digits and endless brackets pass as errors (500)."""

    widget = forms.HiddenInput

    def to_python(self, value):
        with fitting():
            return super().to_python(value)

    def bound_data(self, data, initial):
        """An answer is good for once, so it is not shown again; Django would read it a second time."""
        return initial


class Passkey:
    def clean_credential(self):
        with fitting():
            return super().clean_credential()


class LoginPasskey(Passkey, webauthn.LoginWebAuthnForm):
    credential = CredentialField()


class AuthenticatePasskey(Passkey, webauthn.AuthenticateWebAuthnForm):
    credential = CredentialField()


class ReauthenticatePasskey(Passkey, webauthn.ReauthenticateWebAuthnForm):
    credential = CredentialField()


class NamedPasskey(Plain):
    labels = {"name": _("Name des Passkeys"), "passwordless": _("Damit auch ohne Passwort anmelden")}
    help_texts = {
        "name": _("Damit Sie ihn wiedererkennen, zum Beispiel: Diensttelefon"),
        "passwordless": _("Ihr Gerät fragt dann nach Fingerabdruck, Gesicht oder PIN."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs.pop("maxlength", None)


class AddPasskey(NamedPasskey, webauthn.AddWebAuthnForm):
    name = LineField(max_length=100)
    credential = CredentialField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True

    def clean(self):
        with fitting():
            return super().clean()


class EditPasskey(NamedPasskey, webauthn.EditWebAuthnForm):
    name = LineField(max_length=100)
