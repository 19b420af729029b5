// The look of the elements: one constructed stylesheet, so no policy has to allow inline styles. Light or dark is what the
// page says by its color-scheme. Sides are logical, so the same rules serve both directions of writing.

import { COLOURS } from "./theme.js";

const pair = ([light, dark]) => `light-dark(${light}, ${dark})`;

export const LOOK = new CSSStyleSheet();

LOOK.replaceSync(`
:host {
  --accent: var(--cupbearer-accent, ${pair(COLOURS.accent)});
  --deep: var(--cupbearer-accent-deep, var(--cupbearer-accent, ${pair(COLOURS.deep)}));
  --on-accent: var(--cupbearer-on-accent, ${pair(COLOURS.onAccent)});
  --surface: var(--cupbearer-surface, light-dark(#fffcf5, #261d1b));
  --sunk: var(--cupbearer-sunk, light-dark(#f1e7d6, #150f0e));
  --ink: var(--cupbearer-ink, light-dark(#2a1f1a, #f5eadd));
  --soft: var(--cupbearer-soft, light-dark(#66564a, #c5b3a2));
  --line: var(--cupbearer-line, light-dark(#e2d5c1, #43342f));
  --edge: var(--cupbearer-edge, light-dark(#8a7767, #927e70));
  --bad: var(--cupbearer-bad, light-dark(#a12a1f, #ffab9b));
  --focus: var(--cupbearer-focus, light-dark(#a84a00, #ffc46b));
  --round: var(--cupbearer-radius, 9px);
  font: 1rem/1.5 var(--cupbearer-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  color: var(--ink); text-align: start;
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
h2, p, ul { margin: 0; padding: 0; }
h2 { font-size: 1.625rem; line-height: 1.2; }
ul { list-style: none; }
a { color: var(--accent); text-underline-offset: 0.18em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.soft { color: var(--soft); }
.small { font-size: 0.875rem; }
.stack > * + * { margin-block-start: 1rem; }

.button {
  display: inline-flex; align-items: center; justify-content: center; gap: 0.5rem; min-height: 46px; padding: 0.5rem 1.15rem;
  font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: var(--round);
}
.button:hover { background: var(--deep); border-color: var(--deep); }
.quiet, .quiet:hover { color: var(--ink); background: transparent; border-color: var(--edge); }
.quiet:hover { background: var(--sunk); }
.wide { inline-size: 100%; }
[aria-disabled="true"] { opacity: 0.6; cursor: progress; }
.link { display: inline-flex; align-items: center; min-height: 44px; }

.who { position: relative; display: inline-block; max-inline-size: 100%; }
.who > .button { padding: 0.3rem 0.85rem; max-inline-size: 100%; }
.face { flex: none; inline-size: 1.9rem; block-size: 1.9rem; border-radius: 50%; display: grid; place-items: center; color: var(--on-accent); background: var(--accent); }
.face::before { content: attr(data-letter) / ""; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.menu {
  position: absolute; inset-block-start: calc(100% + 6px); inset-inline-end: 0; z-index: 10; inline-size: max-content;
  min-inline-size: 100%; max-inline-size: min(20rem, calc(100vw - 2rem)); padding: 0.5rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: var(--round); box-shadow: 0 8px 24px -12px rgb(0 0 0 / 35%);
}
.menu p { padding: 0.25rem 0.75rem 0.5rem; overflow-wrap: anywhere; }
.item { display: flex; align-items: center; inline-size: 100%; min-height: 44px; padding: 0.3rem 0.75rem; font: inherit; text-align: start; color: var(--ink); text-decoration: none; background: none; border: 0; border-radius: var(--round); cursor: pointer; }
.item:hover { background: var(--sunk); }
.menu.starts { inset-inline: 0 auto; }
.waits { min-inline-size: 7rem; visibility: hidden; }

:host(cupbearer-log-in) { display: block; max-inline-size: var(--cupbearer-width, 27rem); }
.card { background: var(--surface); border: 1px solid var(--line); border-block-start: 4px solid var(--accent); border-radius: 14px; padding: clamp(1rem, 3vw, 1.5rem); }
.waiting { min-block-size: 24rem; }
.field + .field { margin-block-start: 1rem; }
label { display: block; font-weight: 600; margin-block-end: 0.25rem; }
input { inline-size: 100%; min-height: 46px; padding: 0.6rem 0.75rem; font: inherit; color: inherit; background: var(--cupbearer-field, light-dark(#fff, #150f0e)); border: 1px solid var(--edge); border-radius: var(--round); }
input:focus-visible { outline-offset: 0; }
[aria-invalid="true"] { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }
.typed { position: relative; }
.typed > input { padding-inline-end: 5rem; }
.peek { position: absolute; inset-block: 1px; inset-inline-end: 1px; min-inline-size: 4.5rem; min-height: 44px; font: inherit; font-size: 0.875rem; font-weight: 600; color: var(--accent); background: none; border: 0; border-radius: var(--round); cursor: pointer; }
.error { color: var(--bad); font-size: 0.875rem; font-weight: 600; margin-block-start: 0.25rem; }
.error:empty, .notice:empty { display: none; }
.notice { padding: 0.75rem 1rem; border-inline-start: 4px solid var(--bad); background: var(--sunk); border-radius: var(--round); overflow-wrap: anywhere; }
.or { display: flex; align-items: center; gap: 0.75rem; color: var(--soft); font-size: 0.875rem; }
.or::before, .or::after { content: ""; flex: 1; border-block-start: 1px solid var(--line); }
@media (forced-colors: active) { .face { border: 1px solid; } }
`);
