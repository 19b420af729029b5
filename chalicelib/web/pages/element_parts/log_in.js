// <cupbearer-log-in>: in a page on the service's own site the card to log in at, elsewhere a button to the hosted page.

import { CupbearerElement, make } from "./element.js";
import { after, before } from "./card.js";
import { refused } from "./refusals.js";

const WITHOUT_WORD = { password: true, email: false, sign_up: false, providers: [] }; // where the service does not say
const asked = new Map(); // once for each service: how people log in there

async function waysOf(issuer) {
  const answer = await fetch(`${issuer}/sessions/ways`, { signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

export class CupbearerLogIn extends CupbearerElement {
  static observedAttributes = [...CupbearerElement.observedAttributes, "return-to"];

  #session = { state: "loading" };
  #ways = null;
  #factors = null; // of a log-in that waits for its second step
  #offer = null; // ends the passkeys that a field offers

  connectedCallback() {
    super.connectedCallback();
    if (this.client.mode === "cookie") this.#learn();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#offer?.abort();
  }

  changed(session, before) {
    const standing = this.#session.state !== "in" && session.state === "out" && this.one("form, .button");
    this.#session = session;
    if (session.state !== "out") this.#offer?.abort();
    if (standing) return this.#offerPasskeys(); // what was typed stays
    if (this.shadowRoot.firstChild && session.state === before.state && session !== before) return;
    this.#factors = null;
    this.draw();
    if (session.state === "in" && before.state === "out") this.#entered();
  }

  draw() {
    const { state } = this.#session;
    const had = this.shadowRoot.activeElement !== null;
    if (this.client.mode !== "cookie") return this.show(state === "in" ? "" : this.#button());
    if (state === "in") return this.#welcome(had);
    if (!this.#ways) return this.show(make("div", { class: "card waiting", part: "card", "aria-busy": "true" }));
    this.show(this.#factors ? after(this, this.#factors) : before(this, this.#ways));
    if (had) this.one("input")?.focus();
    this.#offerPasskeys();
  }

  #button() {
    return make("button", { type: "button", class: "button", part: "button", onclick: () => this.leave() }, make("slot", { name: "log-in" }, this.text("logIn")));
  }

  async #welcome(had) {
    const user = await this.client.user().catch(() => null);
    if (this.#session.state !== "in") return;
    const name = user?.name || user?.preferred_username || user?.email || this.text("you");
    this.show(make("section", { class: "card", part: "card" }, make("p", { class: "welcome", part: "welcome", tabindex: "-1" }, this.text("loggedIn", { name }))));
    if (had) this.one(".welcome").focus(); // whoever just logged in is told so
  }

  /** Go where the page says: at its own site and the service's at once, elsewhere as the service allows it. */
  #entered() {
    const to = this.getAttribute("return-to");
    if (!to) return;
    const { href, origin } = new URL(to, location.href); // it may stand in the page's address, and so be anybody's
    const ours = [location.origin, new URL(this.client.issuer).origin].includes(origin);
    location.assign(ours ? href : this.pageFor("/login"));
  }

  async #learn() {
    const { issuer } = this.client;
    if (!asked.has(issuer)) asked.set(issuer, waysOf(issuer));
    this.#ways = await asked.get(issuer).catch(() => {
      asked.delete(issuer);
      return WITHOUT_WORD;
    });
    if (this.isConnected && this.#session.state !== "in") this.draw();
  }

  /** Whether passkeys can be shown here: they belong to the service's own origin. */
  get hasPasskeys() {
    return Boolean(globalThis.PublicKeyCredential) && location.origin === new URL(this.client.issuer).origin;
  }

  /** Go to the hosted page, and come back to this one. */
  leave(options = {}) {
    const to = this.getAttribute("return-to");
    return this.client.logIn({ uiLocales: this.language, ...(to && { returnTo: new URL(to, location.href).href }), ...options });
  }

  /** Return where a page of the service is that leads back to this one. */
  pageFor(path) {
    const back = new URL(this.getAttribute("return-to") ?? location.href, location.href);
    return `${this.client.issuer}${path}?return_to=${encodeURIComponent(back.href)}`;
  }

  /** Return where a log-in at a provider begins; these lead back to the service's own origin alone. */
  wayTo(provider) {
    const { origin, pathname } = new URL(this.client.issuer);
    const back = new URL(this.getAttribute("return-to") ?? location.href, location.href);
    if (back.origin !== origin) return this.pageFor("/login");
    const path = back.pathname.slice(pathname.replace(/\/$/, "").length); // below the issuer's
    return `${this.client.issuer}/login/${provider}?return_to=${encodeURIComponent(path + back.search)}`;
  }

  /** Try a log-in, and show what comes of it. */
  async attempt(values) {
    this.#offer?.abort();
    this.#busy(true);
    const error = await this.client.logIn(values).then(() => null, (refusal) => refusal);
    this.#busy(false);
    if (!error) return;
    if (error.code !== "second_factor_required") refused(this, error);
    else this.#askMore(error.factors);
  }

  #askMore(factors) {
    this.#factors = factors;
    this.draw();
    this.one("input, button")?.focus();
  }

  /** Begin again, without the log-in that waits for its second step. */
  again() {
    this.#factors = null;
    this.draw();
    this.one("input")?.focus();
  }

  #busy(busy) {
    const form = this.one("form");
    if (!form) return;
    form.ariaBusy = busy ? "true" : null;
    for (const button of this.shadowRoot.querySelectorAll("button:not(.peek)")) {
      if (busy) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  }

  #offerPasskeys() {
    this.#offer?.abort();
    if (!this.hasPasskeys || this.#session.state !== "out" || this.#factors || !this.one("#username")) return;
    this.#offer = new AbortController();
    const { signal } = this.#offer;
    this.client.logIn({ passkey: true, mediation: "conditional", signal }).catch((error) => {
      if (!signal.aborted && error.code !== "no_passkey") refused(this, error);
    });
  }
}
