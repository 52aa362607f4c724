// One script, run twice: by the page, and by the worker that finds its questions.

import { work } from "./asker.js";
import { start } from "./page.js";

if (typeof document === "undefined") work();
else start();
