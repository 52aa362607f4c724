import js from "@eslint/js";
import globals from "globals";

const rules = { eqeqeq: "error", "prefer-const": "error", "no-var": "error" };

export default [
  { ignores: ["**/node_modules/"] },
  { ...js.configs.recommended, rules: { ...js.configs.recommended.rules, ...rules } },
  { files: ["site/**"], languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  { files: ["advisor/**"], languageOptions: { globals: globals.browser, sourceType: "script" } },
];
