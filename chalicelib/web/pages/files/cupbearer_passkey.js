// Passkeys: what the server and the browser say to each other, as JSON. Older browsers read and write none themselves.

const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const described = (list) => list.map((each) => ({ ...each, id: octets(each.id) }));

export const hasPasskeys = () => Boolean(globalThis.PublicKeyCredential);

/** Tell whether a field can offer passkeys among the names that it suggests. */
export const canOffer = async () => hasPasskeys() && Boolean(await PublicKeyCredential.isConditionalMediationAvailable?.());

function readRequest(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return { ...options, challenge: octets(options.challenge), allowCredentials: described(options.allowCredentials) };
}

function readCreation(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const user = { ...options.user, id: octets(options.user.id) };
  return { ...options, user, challenge: octets(options.challenge), excludeCredentials: described(options.excludeCredentials) };
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function written(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, rawId, type, response } = credential;
  const parts = PARTS.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  const transports = response.getTransports ? { transports: response.getTransports() } : {};
  return { id, rawId: text(rawId), type, response: { ...Object.fromEntries(parts), ...transports }, clientExtensionResults: {} };
}

/** Show a passkey by the server's options; `more` may make it wait in a field's list. Null: refused, closed or timed out. */
export async function shownPasskey(options, more = {}) {
  try {
    return written(await navigator.credentials.get({ publicKey: readRequest(options), ...more }));
  } catch {
    return null; // the person tries again or takes another way
  }
}

/** Make a passkey by the server's options. Null where none was made. */
export async function madePasskey(options) {
  try {
    return written(await navigator.credentials.create({ publicKey: readCreation(options) }));
  } catch {
    return null;
  }
}
