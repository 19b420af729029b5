// Passkeys at our own pages: asked for by the server's options.

import { canOffer, hasPasskeys, madePasskey, shownPasskey } from "./cupbearer_passkey.js";
import { send } from "./wire.js";

export { hasPasskeys, madePasskey as makePasskey };

/** Ask for a passkey of this site; `more` may make it wait in the list that a field offers. Returns null where none was shown. */
export async function showPasskey({ secondFactor = false, ...more } = {}) {
  const answer = await send("POST", "/sessions/passkey/options", { body: { cookie: true, second_factor: secondFactor } });
  return answer.ok ? shownPasskey(answer.body.options, more) : null;
}

/** Let the browser offer passkeys among the names that a field suggests. Returns null where it cannot, or none was taken. */
export async function offerPasskey(signal) {
  return (await canOffer()) ? showPasskey({ mediation: "conditional", signal }) : null;
}
