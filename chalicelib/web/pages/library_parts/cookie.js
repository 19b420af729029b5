// Cookie mode: the page is of the service's own site, and the refresh token in a cookie that no script can read.

import { CupbearerError, REFRESH_PATIENCE, post } from "./wire.js";

const taken = ({ access_token: token, expires_in: lasts, scope, session_id: sessionId }) => ({ token, lasts, sessionId, scopes: scope ? scope.split(" ") : [] });

export class CookieMode {
  #issuer;
  #pending = null; // the token of a log-in that waits for its second factor

  constructor({ issuer }) { this.#issuer = issuer; }

  /** Ask for the next token: the cookie says whose. */
  renew = async () => taken(await post(`${this.#issuer}/sessions/refresh`, { patience: REFRESH_PATIENCE }));

  /** There is nothing to come back from: the cookie says who is logged in. */
  async begin(session) { await session.refresh(null); }

  /** Log in with what the person shows, or leave for the page where that is asked. */
  async logIn(session, { username, password, code, passkey, returnTo = location.href, ...more }) {
    const shows = passkey || code || username !== undefined;
    if (shows) return session.enter(await this.#show({ username, password, code, passkey, ...more }));
    location.assign(`${this.#issuer}/login?${new URLSearchParams({ return_to: new URL(returnTo, location.href).href })}`);
    return new Promise(() => {}); // the page is being left
  }

  async signUp(session, { email, ...account }) {
    const json = { ...account, ...(email && { email }), log_in: true, cookie: true };
    session.enter(taken(await post(`${this.#issuer}/users`, { json })));
  }

  /** End the session at the server and in every tab. */
  async logOut(session, { call }) {
    try {
      await call("/sessions/current", { method: "DELETE" });
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    session.leave();
  }

  /** Return what is known of the person, in the words of OpenID Connect (Core section 5.1). */
  async person(call) {
    const { user } = await call("/users/me");
    const { user_id: sub, username: preferred_username, name, email, email_verified } = user;
    return { sub, preferred_username, ...(name && { name }), ...(email && { email, email_verified }) };
  }

  #show({ username, password, code, passkey, ...more }) {
    if (passkey) return this.#byPasskey(passkey, more);
    if (code && (this.#pending || username === undefined)) return this.#byCode(code);
    return this.#enter("", { username, password });
  }

  /** Six digits are of an app, anything else is a recovery code. */
  #byCode(code) {
    return this.#second(/^[0-9 ]{6,7}$/.test(code) ? { totp: code } : { recovery_code: code });
  }

  async #byPasskey(given, { secondFactor = false, ...how }) {
    const passkey = given === true ? await this.#askedPasskey(secondFactor, how) : given;
    if (!passkey) throw new CupbearerError("no_passkey", "No passkey was shown.");
    return secondFactor ? this.#second({ passkey }) : this.#enter("/passkey", { passkey });
  }

  async #askedPasskey(secondFactor, how) {
    const { canOffer, shownPasskey } = await import("./cupbearer_passkey.js");
    if (how.mediation === "conditional" && !(await canOffer())) return null;
    const json = { cookie: true, second_factor: secondFactor };
    const { options } = await post(`${this.#issuer}/sessions/passkey/options`, { json });
    return shownPasskey(options, how);
  }

  #second(shown) {
    if (!this.#pending) throw new CupbearerError("log_in_over", "No log-in waits for a second factor: begin it anew.");
    return this.#enter("/second-factor", { pending_token: this.#pending, ...shown });
  }

  async #enter(path, shown) {
    try {
      const body = await post(`${this.#issuer}/sessions${path}`, { json: { ...shown, cookie: true } });
      this.#pending = null;
      return taken(body);
    } catch (error) {
      if (["second_factor_required", "log_in_over"].includes(error.code)) this.#pending = error.body.pending_token ?? null;
      throw error;
    }
  }
}
