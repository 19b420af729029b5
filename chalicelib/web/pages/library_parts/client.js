// Log-in for pages in a browser: connect() gives a client, and one line each logs in, calls an API and logs out. Its
// address without a version is /cupbearer.js of the service; /cupbearer.js/docs says how to use it.

import { CodeMode } from "./code.js";
import { CookieMode } from "./cookie.js";
import { SharedSession } from "./session.js";
import { CupbearerError, lacksScope, patiently, refusal } from "./wire.js";

export { CupbearerError };

const TRIES = 3; // the first and two more after 429 and 503
const AGAIN = 5; // seconds, doubled up to a minute, after which a page that knows nothing yet asks again
const OURS = new URL(".", import.meta.url).href.replace(/(\/static\/[^/]+)?\/$/, "");
const DEFAULTS = { scope: "openid profile email", storage: "memory", resume: true, apis: [] };
const clients = new Map();

/**
 * Return the client of this page for an issuer and a client id, the same one however often it is asked for. Without a
 * `clientId` it is in cookie mode, for pages of the issuer's own site.
 */
export function connect({ clientId, issuer = OURS, ...options } = {}) {
  const name = `cupbearer ${issuer} ${clientId ?? ""}`;
  const said = Object.entries({ clientId, issuer, ...options }).filter(([, value]) => value !== undefined && value !== null);
  if (!clients.has(name)) clients.set(name, new Cupbearer(name, Object.fromEntries(said)));
  return clients.get(name);
}

class Cupbearer {
  #options;
  #mode;
  #session;
  #person = null;

  constructor(name, options) {
    this.#options = { redirectUri: `${location.origin}/`, ...DEFAULTS, ...options };
    this.#mode = options.clientId ? new CodeMode(this.#options) : new CookieMode(this.#options);
    this.#session = new SharedSession(name, this.#mode.renew);
    this.#session.watch((session, before) => {
      if (session.state !== "in" || session.sessionId !== before.sessionId) this.#person = null;
      this.#mode.remember?.(this.#session.kept, before.state);
    });
    this.ready = this.#begin(AGAIN);
    addEventListener("online", () => this.#wake());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#wake({ anew: true }));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#wake());
  }

  get mode() { return this.#options.clientId ? "code" : "cookie"; }
  get issuer() { return this.#options.issuer; }
  get accountUrl() { return `${this.issuer}/account`; }
  get session() { return this.#session.shown; }

  onChange(listener) { return this.#session.watch(listener); }

  /** Log in; without credentials by leaving for the hosted page. Returns the session. */
  async logIn(shown = {}) {
    await this.#mode.logIn(this.#session, shown);
    return this.session;
  }

  async signUp(account) {
    await this.#mode.signUp(this.#session, account);
    return this.session;
  }

  async logOut(options) {
    await this.ready;
    if (this.session.state === "in") await this.#mode.logOut(this.#session, { ...options, call: (path, init) => this.#call(path, init) });
  }

  /** Return a token that is good now, null where nobody is logged in; `fresh` gets a new one in any case. */
  async token({ fresh = false } = {}) {
    if (!fresh) await this.ready;
    if (this.session.state === "out" && !fresh) return null;
    try {
      if (fresh || this.#session.hasEnded) await this.#session.refresh();
    } catch (error) {
      if (fresh || this.session.state !== "out") throw error; // else its listeners were told why
    }
    return this.#session.kept.token;
  }

  /** Return who is logged in, null where nobody is; it is asked once for each log-in. */
  async user({ fresh = false } = {}) {
    if (!(await this.token())) return null;
    if (fresh) this.#person = null;
    this.#person ??= this.#mode.person((path) => this.#call(path));
    const asked = this.#person;
    try {
      return await asked;
    } catch (error) {
      if (this.#person === asked) this.#person = null;
      if (this.session.state === "out") return null;
      throw error;
    }
  }

  /** Fetch as the platform does, with the token. 401 gets a new one, and so does a 403 for want of a scope; 429 and 503 are waited for. */
  async fetch(input, { retry = true, onRefused, ...init } = {}) {
    const { href: url } = new URL(input.url ?? input, document.baseURI);
    const ours = under(url, this.issuer);
    if (!ours && ![location.origin, ...this.#options.apis].some((api) => under(url, api))) throw new CupbearerError("foreign_address", `${url} is not in apis: it gets no token.`);
    const cookies = ours && this.mode === "cookie" ? { credentials: "include" } : {};
    const request = new Request(input, { ...cookies, ...init });
    const { method, signal } = request;
    if (request.headers.has("Authorization")) return fetch(request);
    return patiently(() => this.#send(request, { ours, onRefused }), { tries: retry ? TRIES : 1, method, signal });
  }

  async #send(request, { ours, onRefused = () => {} }) {
    const token = await this.token();
    const { scopes } = this.session;
    const response = await fetch(bearing(request.clone(), token));
    const scopeWanted = token && (await lacksScope(response, ours));
    if (!token || (response.status !== 401 && !scopeWanted)) return response;
    try {
      await this.#session.refresh(token);
    } catch (error) {
      if (scopeWanted || this.session.state === "out") return response;
      onRefused(response);
      throw error;
    }
    const { token: newer } = this.#session.kept;
    if (scopeWanted && !this.session.scopes.some((scope) => !scopes.includes(scope))) return response;
    onRefused(response);
    return fetch(bearing(request.clone(), newer));
  }

  /** Call the service itself. Returns the body; throws CupbearerError. */
  async #call(path, init) {
    const response = await this.fetch(this.issuer + path, { ...init, cache: "no-store" });
    const text = await response.text();
    if (!response.ok) throw refusal(response, text);
    return text && JSON.parse(text);
  }

  /** Find out who is logged in, again and again while nobody can say. Never rejects. */
  async #begin(seconds) {
    try {
      await this.#mode.begin(this.#session);
    } catch (error) {
      if (this.session.state !== "loading") return;
      if (!(error instanceof CupbearerError)) return this.#session.leave({ code: error.name, detail: error.message }, false); // no storage here
      this.#session.wonder(error);
      const passes = !error.status || error.status === 429 || error.status >= 500;
      if (passes) setTimeout(() => this.session.state === "loading" && this.#begin(Math.min(2 * seconds, 60)), 1000 * (error.retryAfter ?? seconds));
    }
    return undefined;
  }

  /** Look again after a sleep, a time offline, or a way back through the history: a token may be over, or somebody gone. */
  async #wake({ anew = false } = {}) {
    await this.ready;
    const { state } = this.session;
    const isOpen = anew ? state === "in" || this.mode === "cookie" : state !== "out" && this.#session.hasEnded;
    if (isOpen && navigator.onLine) await this.token({ fresh: true }).catch(() => {}); // the next call says what is wrong
  }
}

function bearing(request, token) {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

/** Tell whether an address is the one given, or below it. */
function under(url, place) {
  const { href } = new URL(place);
  return url === href || url.startsWith(href.replace(/\/?$/, "/")) || url.startsWith(`${href}?`);
}
