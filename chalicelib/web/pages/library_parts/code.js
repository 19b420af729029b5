// Code mode: a public client on any origin. Authorization code with PKCE (RFC 9700 section 2.1.1), by redirects alone:
// no frames, so browsers that keep third parties' cookies away lose nothing.

import { CupbearerError, REFRESH_PATIENCE, post } from "./wire.js";

const QUIET = ["login_required", "consent_required", "interaction_required", "account_selection_required"]; // Core section 3.1.2.6
const STRANGE = { code: "state_mismatch", detail: "This log-in was not begun in this tab, or was finished before." };
const LEAVING = new Promise(() => {}); // the page is being left

const asText = (octets) => btoa(String.fromCharCode(...octets)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => asText(crypto.getRandomValues(new Uint8Array(32)));
const challengeOf = async (verifier) => asText(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));

/** Return the claims of an ID token. It came from the issuer itself over TLS, which stands for its signature (Core section 3.1.3.7). */
function claimsOf(idToken) {
  const octets = Uint8Array.from(atob(idToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(octets));
}

export class CodeMode {
  #options;
  #place; // what names of ours in the browser's storage begin with
  #keeps; // whether refresh and ID token may outlive a reload in this tab

  constructor(options) {
    this.#options = options;
    this.#place = `cupbearer ${options.issuer} ${options.clientId}`;
    this.#keeps = options.storage === "session";
  }

  /** Find out who is logged in: by the answer in the address, what this tab kept, the other tabs, or a quiet redirect. */
  async begin(session) {
    const answer = this.#answer();
    const begun = answer && this.#begun(answer);
    if (begun) return this.#finish(session, begun, answer);
    const kept = this.#keeps ? JSON.parse(sessionStorage.getItem(this.#place)) : null;
    if (kept) session.resume(kept);
    if (kept && !session.hasEnded) return undefined;
    const wasIn = kept || localStorage.getItem(this.#place); // the latter is no token: that somebody was logged in here
    if (wasIn && (await session.heard())) return undefined; // another tab has newer ones
    if (kept) return session.refresh();
    if (answer) localStorage.removeItem(this.#place); // or a browser that keeps nothing would go round for ever
    if (wasIn && this.#options.resume && navigator.onLine && self === top) return this.#leave({ prompt: "none" }, { quiet: true });
    return session.leave(answer ? STRANGE : null, false);
  }

  renew = async ({ secret, idToken }) => {
    if (!secret) throw new CupbearerError("login_required", "There is no refresh token: log in again.");
    const form = { grant_type: "refresh_token", refresh_token: secret, client_id: this.#options.clientId };
    const next = await this.#tokens(form, REFRESH_PATIENCE);
    return { ...next, secret: next.secret ?? secret, idToken: next.idToken ?? idToken };
  };

  /** Leave for the hosted page; the way back is remembered in this tab. */
  logIn(_, { returnTo, prompt, loginHint, acrValues, uiLocales, scope } = {}) {
    return this.#leave({ prompt, login_hint: loginHint, acr_values: acrValues, ui_locales: uiLocales, scope }, { returnTo });
  }

  signUp() { throw new CupbearerError("other_site", "In code mode people sign up at the hosted page: logIn() leads there."); }

  /** End the application's session, and unless `here` is said the browser's at the issuer too, which the page is left for. */
  async logOut(session, { here = false } = {}) {
    const { issuer, clientId: client_id, postLogoutRedirectUri: post_logout_redirect_uri } = this.#options;
    const { secret, idToken: id_token_hint } = session.kept;
    if (secret) await post(`${issuer}/oauth/revoke`, { form: { token: secret, client_id } });
    session.leave();
    if (here) return undefined;
    // As a form: an ID token has no place in an address, nor in the history of one.
    const form = Object.assign(document.createElement("form"), { method: "post", action: `${issuer}/oauth/logout`, hidden: true });
    for (const [name, value] of Object.entries(given({ client_id, id_token_hint, post_logout_redirect_uri }))) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
    return LEAVING;
  }

  person = (call) => call("/oauth/userinfo");

  /** Keep what may be kept, whenever somebody comes or goes; `was` is the state before. */
  remember(kept, was) {
    const { state } = kept;
    if (state === "in") localStorage.setItem(this.#place, "was here");
    else if (was === "in") localStorage.removeItem(this.#place);
    if (state === "in" && this.#keeps) sessionStorage.setItem(this.#place, JSON.stringify(kept));
    else if (state === "out") sessionStorage.removeItem(this.#place);
  }

  async #leave(more, { returnTo = location.href, quiet = false } = {}) {
    const { issuer, clientId: client_id, redirectUri: redirect_uri, scope } = this.#options;
    const [state, nonce, verifier] = [random(), random(), random()];
    const { href, origin } = new URL(returnTo, location.href);
    if (origin !== location.origin) throw new CupbearerError("foreign_address", "returnTo is an address of the page's own origin.");
    sessionStorage.setItem(`${this.#place} ${state}`, JSON.stringify({ nonce, verifier, quiet, returnTo: href }));
    const asked = { response_type: "code", client_id, redirect_uri, scope, state, nonce, code_challenge: await challengeOf(verifier), code_challenge_method: "S256", ...given(more) };
    const url = `${issuer}/oauth/authorize?${new URLSearchParams(asked)}`;
    if (quiet) location.replace(url);
    else location.assign(url);
    return LEAVING;
  }

  /** Return the answer to a log-in that stands in the address, or null. */
  #answer() {
    const { origin, pathname } = new URL(this.#options.redirectUri);
    const answer = new URLSearchParams(location.search);
    const isOne = answer.has("state") && (answer.has("code") || answer.has("error"));
    return isOne && location.origin === origin && location.pathname === pathname ? answer : null;
  }

  /** Return how the log-in of an answer was begun in this tab, null where it was not; the address is clean then. */
  #begun(answer) {
    const { redirectUri } = this.#options;
    const place = `${this.#place} ${answer.get("state")}`;
    const begun = JSON.parse(sessionStorage.getItem(place));
    sessionStorage.removeItem(place); // good once: the same address later is an answer to nothing
    history.replaceState(null, "", begun?.returnTo ?? redirectUri);
    if (begun && begun.returnTo !== redirectUri) dispatchEvent(new PopStateEvent("popstate", { state: null })); // for a router that looked before
    return begun;
  }

  async #finish(session, begun, answer) {
    const { returnTo, quiet } = begun;
    try {
      session.enter(await this.#redeem(begun, answer));
    } catch (error) {
      localStorage.removeItem(this.#place);
      return session.leave(quiet && QUIET.includes(error.code) ? null : error, false);
    }
    // With tokens kept, a site of several documents can show the one that was asked for.
    if (this.#keeps && new URL(returnTo).pathname !== new URL(this.#options.redirectUri).pathname) location.reload();
    return undefined;
  }

  async #redeem(begun, answer) {
    const { issuer, clientId: client_id, redirectUri: redirect_uri } = this.#options;
    if (answer.get("iss") !== issuer) throw new CupbearerError("issuer_mismatch", "The answer is another issuer's."); // RFC 9207
    if (answer.has("error")) throw new CupbearerError(answer.get("error"), answer.get("error_description") ?? "");
    const next = await this.#tokens({ grant_type: "authorization_code", code: answer.get("code"), code_verifier: begun.verifier, redirect_uri, client_id });
    if (!next.idToken) return next;
    const { iss, aud, nonce, sid, sub } = claimsOf(next.idToken);
    if (iss !== issuer || ![aud].flat().includes(client_id)) throw new CupbearerError("issuer_mismatch", "The ID token is not for this application.");
    if (nonce !== begun.nonce) throw new CupbearerError("nonce_mismatch", "The ID token answers another log-in.");
    return { ...next, sessionId: sid ?? sub };
  }

  async #tokens(form, patience) {
    const body = await post(`${this.#options.issuer}/oauth/token`, { form, patience });
    const scopes = body.scope ? body.scope.split(" ") : [];
    return { token: body.access_token, lasts: body.expires_in, secret: body.refresh_token, idToken: body.id_token, scopes };
  }
}
