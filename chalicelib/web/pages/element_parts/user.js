// <cupbearer-user>: a button to log in; or who is logged in, with the account, another account and the way out below.

import { CupbearerElement, make } from "./element.js";

export class CupbearerUser extends CupbearerElement {
  #state = "loading";
  #user = null;
  #said = ""; // why a log-out did not work

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("keydown", this.#onKey);
    this.addEventListener("focusout", this.#onLeave);
    document.addEventListener("pointerdown", this.#onPress);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.#onPress);
  }

  changed(session, before) {
    const same = session.state === this.#state && session.sessionId === before.sessionId && this.#user;
    this.#state = session.state;
    if (session.state === "in" && same) return;
    this.#user = null;
    this.#said = "";
    this.draw();
    if (session.state === "in") this.#ask();
  }

  async #ask() {
    const user = await this.client.user().catch(() => null);
    if (this.#state !== "in") return;
    this.#user = user ?? {};
    this.draw();
  }

  draw() {
    const had = this.shadowRoot.activeElement !== null;
    if (this.#state === "out") this.show(this.#way());
    else if (this.#state === "in" && this.#user) this.show(this.#who());
    else this.show(make("span", { class: "button quiet waits", "aria-hidden": "true" }, "…"));
    if (had) this.one("button")?.focus();
  }

  #way() {
    const leave = () => {
      if (!this.dispatchEvent(new CustomEvent("cupbearer-log-in", { bubbles: true, composed: true, cancelable: true }))) return;
      this.client.logIn({ uiLocales: this.language });
    };
    return make("button", { type: "button", class: "button", part: "button log-in", onclick: leave }, make("slot", { name: "log-in" }, this.text("logIn")));
  }

  #who() {
    const { name, preferred_username: username, email } = this.#user;
    const called = name || username || email || this.text("you");
    const toggle = () => this.#open(this.one(".menu").hidden);
    return make("div", { class: "who" },
      make("button", { type: "button", class: "button quiet", part: "button user", "aria-expanded": "false", "aria-controls": "menu", "aria-label": this.text("account", { name: called }), onclick: toggle },
        make("span", { class: "face", part: "face", "data-letter": [...called][0].toUpperCase() }),
        make("bdi", { class: "name", part: "name" }, called)),
      make("div", { class: "menu", id: "menu", part: "menu", hidden: true }, ...this.#acts(called)));
  }

  #acts(called) {
    const { preferred_username: username, email } = this.#user;
    const more = email && email !== called ? email : username !== called ? username : "";
    const item = (text, act, part) => make("button", { type: "button", class: "item", part: `item ${part}`, onclick: act }, text);
    return [
      more && make("p", { class: "soft small" }, make("bdi", {}, more)),
      make("slot", { name: "menu" }),
      make("a", { class: "item", part: "item account", href: this.client.accountUrl }, this.text("yourAccount")),
      item(this.text("anotherAccount"), () => this.client.logIn({ prompt: "select_account", uiLocales: this.language }), "another"),
      item(this.text("logOut"), () => this.#logOut(), "log-out"),
      make("p", { class: "error", role: "alert", id: "said" }, this.#said),
    ];
  }

  async #logOut() {
    try {
      await this.client.logOut();
    } catch (error) {
      this.#said = error.code === "offline" || error.code === "no_answer" ? this.text("noAnswer") : error.detail || this.text("failed");
      const place = this.one("#said");
      if (place) place.textContent = this.#said;
    }
  }

  #open(open) {
    const menu = this.one(".menu");
    if (!menu || menu.hidden === !open) return;
    menu.hidden = !open;
    menu.classList.remove("starts");
    this.one("[aria-expanded]").setAttribute("aria-expanded", String(open));
    if (!open) return;
    const { left, right } = menu.getBoundingClientRect(); // it opens to the other side where it would leave the page
    if (left < 0 || right > document.documentElement.clientWidth) menu.classList.add("starts");
  }

  #onKey = (event) => {
    const menu = this.one(".menu");
    if (!menu) return;
    if (event.key === "Escape" && !menu.hidden) {
      this.#open(false);
      this.one("[aria-expanded]").focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || (menu.hidden && step < 0)) return;
    event.preventDefault();
    this.#open(true);
    const items = [...menu.querySelectorAll(".item")];
    const at = items.indexOf(this.shadowRoot.activeElement);
    items[(at + step + items.length) % items.length].focus();
  };

  #onLeave = ({ relatedTarget: next }) => {
    if (next && !this.contains(next)) this.#open(false);
  };

  #onPress = (event) => {
    if (!event.composedPath().includes(this)) this.#open(false);
  };
}
