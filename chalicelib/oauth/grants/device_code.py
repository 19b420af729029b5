"""The device grant (RFC 8628 section 3.4): a program asks until its person has decided elsewhere."""

from dataclasses import dataclass

from chalicelib.audit.trail import Source
from chalicelib.oauth.client import Client
from chalicelib.oauth.device_codes import APPROVED, REFUSED, SPENT, Devices
from chalicelib.oauth.errors import OAuthRefusal, invalid_grant
from chalicelib.oauth.grants.forms import Form, required, resources
from chalicelib.oauth.token_issuance import Asked, Issuing, LostRace, Tokens


@dataclass(frozen=True, slots=True)
class DeviceCodeGrant:
    """Gives the tokens of an approved device, once."""

    devices: Devices
    issuing: Issuing

    def redeem(self, form: Form, client: Client, *, jkt: str | None, source: Source) -> Tokens:
        """Return the tokens; raise OAuthRefusal with the words of RFC 8628 section 3.5 until then."""
        text = required(form, "device_code")
        device = self.devices.find(text)
        if device is None:
            raise OAuthRefusal("expired_token", "The device code is unknown or has expired: begin again.")
        if device.client_id != client.client_id:
            raise invalid_grant("The device code is another client's.")
        if device.status == REFUSED:
            raise OAuthRefusal("access_denied", "The person refused.")
        if device.status == SPENT:
            raise invalid_grant("The device code was used before.", reason="reused")
        if device.status != APPROVED:
            self.devices.count_poll(text)
            raise OAuthRefusal("authorization_pending", "The person has not decided yet.")
        try:
            return self.issuing.begin(
                device,
                client,
                Asked(resources=resources(form), jkt=jkt),
                spend=lambda session_id: self.devices.spending(device, session_id),
                source=source,
            )
        except LostRace:
            raise invalid_grant("The device code was used before.", reason="reused") from None
