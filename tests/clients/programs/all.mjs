// Runs many programs in one process: each is imported once its variables are set, and reads them as it starts.
import { readFileSync } from "node:fs";

for (const { path, environ } of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  Object.assign(process.env, environ);
  await import(path);
}
console.log("ready");
