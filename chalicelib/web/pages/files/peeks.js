// A page of forms that need no script: what is typed into a password field can be looked at.

import { peeks } from "./dom.js";

peeks();
