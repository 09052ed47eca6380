"""The pages of an account: allauth's views under German addresses, and only those that the portal offers.

The names are allauth's own, which it uses itself. Each page has a template of the portal's; see tests/test_accounts.py.
"""

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.usersessions import views as sessions
from django.contrib.auth.decorators import login_required
from django.urls import path, re_path

from . import account_forms as forms

login = account.LoginView.as_view(form_class=forms.Login)
signup = account.SignupView.as_view(form_class=forms.Signup)
email = account.EmailView.as_view(form_class=forms.AddEmail)
password_change = account.PasswordChangeView.as_view(form_class=forms.ChangePassword)
password_set = account.PasswordSetView.as_view(form_class=forms.SetPassword)
password_reset = account.PasswordResetView.as_view(form_class=forms.ResetPassword)
password_from_key = account.PasswordResetFromKeyView.as_view(form_class=forms.ResetPasswordKey)
reauthenticate = account.ReauthenticateView.as_view(form_class=forms.Reauthenticate)
login_by_passkey = passkeys.LoginWebAuthnView.as_view(form_class=forms.LoginPasskey)
authenticate = mfa.AuthenticateView.as_view(
    form_class=forms.Authenticate, webauthn_form_class=forms.AuthenticatePasskey
)
reauthenticate_by_passkey = passkeys.ReauthenticateWebAuthnView.as_view(form_class=forms.ReauthenticatePasskey)
reauthenticate_by_code = mfa.ReauthenticateView.as_view(form_class=forms.ReauthenticateByCode)
activate_totp = totp.ActivateTOTPView.as_view(form_class=forms.ActivateTOTP)
deactivate_totp = totp.DeactivateTOTPView.as_view(form_class=forms.DeactivateTOTP)
add_passkey = passkeys.AddWebAuthnView.as_view(form_class=forms.AddPasskey)
edit_passkey = passkeys.EditWebAuthnView.as_view(form_class=forms.EditPasskey)
# Seen by whoever is signed in; to end them is a sensitive step.
session_list = login_required(reauthentication_required(allow_get=True)(sessions.list_usersessions))

urlpatterns = [
    path("anmelden/", login, name="account_login"),
    path("anmelden/passkey/", login_by_passkey, name="mfa_login_webauthn"),
    path("anmelden/zweiter-faktor/", authenticate, name="mfa_authenticate"),
    path("abmelden/", account.logout, name="account_logout"),
    path("gesperrt/", account.account_inactive, name="account_inactive"),
    path("registrieren/", signup, name="account_signup"),
    # Before sensitive steps: is it still you?
    path("erneut/passwort/", reauthenticate, name="account_reauthenticate"),
    path("erneut/zweiter-faktor/", reauthenticate_by_code, name="mfa_reauthenticate"),
    path("erneut/passkey/", reauthenticate_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("e-mail/", email, name="account_email"),
    path("e-mail/bestaetigen/", account.email_verification_sent, name="account_email_verification_sent"),
    path("e-mail/bestaetigen/<str:key>/", account.confirm_email, name="account_confirm_email"),
    path("passwort/", password_change, name="account_change_password"),
    path("passwort/festlegen/", password_set, name="account_set_password"),
    path("passwort/vergessen/", password_reset, name="account_reset_password"),
    path("passwort/vergessen/gesendet/", account.password_reset_done, name="account_reset_password_done"),
    # Person and key are one part of the address, and the key has hyphens of its own.
    re_path(
        r"^passwort/neu/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        password_from_key,
        name="account_reset_password_from_key",
    ),
    path("passwort/neu/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("sicherheit/", mfa.index, name="mfa_index"),
    path("sicherheit/app/", activate_totp, name="mfa_activate_totp"),
    path("sicherheit/app/entfernen/", deactivate_totp, name="mfa_deactivate_totp"),
    path("sicherheit/ersatzcodes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("sicherheit/ersatzcodes/neu/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("sicherheit/ersatzcodes/datei/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("sicherheit/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("sicherheit/passkeys/neu/", add_passkey, name="mfa_add_webauthn"),
    path("sicherheit/passkeys/<int:pk>/", edit_passkey, name="mfa_edit_webauthn"),
    path("sicherheit/passkeys/<int:pk>/entfernen/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("sitzungen/", session_list, name="usersessions_list"),
]
