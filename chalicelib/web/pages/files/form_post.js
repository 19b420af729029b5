// The answer to an application, posted while the page still loads: so it takes no step in the browser's history.

import { one } from "./dom.js";

one("[data-leaves]").submit();
