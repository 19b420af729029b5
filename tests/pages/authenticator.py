"""An authenticator at a real browser."""

from base64 import b64encode

from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Page

from cupbearer.soft_authenticator import SoftAuthenticator

# What a browser answers whose person has no passkey or closes the dialog, and what ends that.
NO_PASSKEY = (
    "void (navigator.credentials.get = () => Promise.reject(new DOMException('closed', 'NotAllowedError')))"
)
PASSKEYS_AGAIN = "delete navigator.credentials.get"


def plug_in(page: Page, device: SoftAuthenticator) -> None:
    """Give the browser an authenticator of its own that holds the key."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    kind |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    plugged = session.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    key = device.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    credential = {
        "credentialId": b64encode(device.credential_id).decode(),
        "isResidentCredential": True,
        "rpId": device.rp_id,
        "privateKey": b64encode(key).decode(),
        "userHandle": b64encode(device.user_handle).decode(),
        "signCount": 1,
    }
    where = {"authenticatorId": plugged["authenticatorId"], "credential": credential}
    session.send("WebAuthn.addCredential", where)
