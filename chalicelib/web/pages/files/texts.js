// What scripts say, in the page's language: the English is the key, and what no table has is said in English.

export const LANGUAGE = document.documentElement.lang || "en";
export const WRITTEN = `${LANGUAGE}-u-nu-latn`; // for Intl: digits as in codes and in what is typed

const TABLES = { ar: () => import("./texts.ar.js"), de: () => import("./texts.de.js") };
const FORMS = ["zero", "one", "two", "few", "many", "other"]; // in the order of the catalogues
const rules = new Intl.PluralRules(LANGUAGE);
const forms = FORMS.filter((form) => rules.resolvedOptions().pluralCategories.includes(form));
const table = Object.hasOwn(TABLES, LANGUAGE) ? await TABLES[LANGUAGE]().then((module) => module.default, () => ({})) : {};

const filled = (text, places) => text.replaceAll(/\{(\w+)\}/g, (place, name) => places[name] ?? place);

/** Return a text with its `{places}` filled. */
export const t = (text, places = {}) => filled(table[text] ?? text, places);

/** Return a text with `{count}` things in it: `one` of them, or `many`. */
export function tn(one, many, count) {
  const said = table[one]?.[forms.indexOf(rules.select(count))] ?? (count === 1 ? one : many);
  return filled(said, { count });
}
