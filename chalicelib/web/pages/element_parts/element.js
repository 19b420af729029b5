// What the elements share: a client of the library by their attributes, a shadow root with the look, texts by language.

import { connect } from "./cupbearer.js";
import { LOOK } from "./look.js";
import { languageOf, textOf } from "./texts.js";

const OPTIONS = { "client-id": "clientId", issuer: "issuer", scope: "scope", "redirect-uri": "redirectUri", "post-logout-redirect-uri": "postLogoutRedirectUri" };

/** Return an element: `on…` of what it is given are listeners, the rest attributes; false and null leave one out. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

export class CupbearerElement extends HTMLElement {
  static observedAttributes = [...Object.keys(OPTIONS), "lang"];

  #client = null;
  #given = false; // whether the page gave the client
  #texts = {};
  #stop = null;
  #language = new MutationObserver(() => this.draw());

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [LOOK];
    for (const name of ["client", "texts"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name]; // set before the element was defined
      delete this[name];
      this[name] = value;
    }
  }

  /** The client of the library: of one's own, or else the one that the attributes name. */
  get client() {
    return (this.#client ??= connect(this.#options()));
  }

  set client(client) {
    this.#client = client;
    this.#given = Boolean(client);
    if (this.#stop) this.#listen();
  }

  /** Words in place of the element's own: `{ logIn: "Come in" }`. */
  get texts() {
    return this.#texts;
  }

  set texts(texts) {
    this.#texts = { ...texts };
    if (this.#stop) this.draw();
  }

  connectedCallback() {
    this.#language.observe(document.documentElement, { attributeFilter: ["lang"] });
    this.#listen();
  }

  disconnectedCallback() {
    this.#language.disconnect();
    this.#stop?.();
    this.#stop = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#stop) return;
    if (name === "lang" || this.#given) return this.draw();
    this.#client = null;
    this.#listen();
  }

  #options() {
    const named = Object.entries(OPTIONS).filter(([attribute]) => this.getAttribute(attribute));
    return Object.fromEntries(named.map(([attribute, option]) => [option, this.getAttribute(attribute)]));
  }

  #listen() {
    this.#stop?.();
    this.#stop = () => {}; // the first call comes at once
    this.#stop = this.client.onChange((session, before) => {
      this.changed(session, before);
      this.dispatchEvent(new CustomEvent("cupbearer-change", { detail: session, bubbles: true, composed: true }));
    });
  }

  /** The language of the words: the nearest `lang`, else the browser's, if it is one of ours. */
  get language() {
    return languageOf(this);
  }

  /** Return one text: the page's own (property, attribute `text-log-in`), or ours in the language of the place. */
  text(key, values = {}) {
    const own = this.#texts[key] ?? this.getAttribute(`text-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    return textOf(own, this.language, key, values);
  }

  /** Put what is to be seen into the shadow root, in the direction of its language. */
  show(...children) {
    const { language } = this;
    this.shadowRoot.replaceChildren(make("div", { lang: language, dir: language === "ar" ? "rtl" : "ltr" }, ...children));
  }

  /** Return an element of the shadow root. */
  one(selector) {
    return this.shadowRoot.querySelector(selector);
  }
}
