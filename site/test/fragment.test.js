import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentOf, readFragment } from "../src/fragment.js";
import { searched, tokensOf } from "../src/search.js";

/** @returns {any} */
function rules() {
  const questions = [
    { id: "task", flag: null },
    { id: "output", flag: "gives" },
    { id: "memory-gb", flag: null },
  ];
  const tasks = [
    { id: "captioning", name: "Image captioning", description: "Describes a picture.", words: {} },
    { id: "image-search", name: "Image search", description: "Finds pictures.", words: {} },
  ];
  return {
    questions,
    tasks,
    questionOf: new Map(questions.map((one) => [one.id, one])),
    data: {
      search: {
        names: { captioning: ["caption"], "image-search": ["retrieval"] },
        concepts: [[["image-search"], ["durchsuch", "find again"]]],
      },
    },
  };
}

test("answers stand in the address by the names of the flags", () => {
  const answers = { given: { task: ["captioning"], output: ["free-text"] }, unknown: ["memory-gb"] };
  const fragment = fragmentOf(rules(), answers);
  assert.equal(fragment, "#task=captioning&gives=free-text&memory-gb=unknown");
  assert.deepEqual(readFragment(rules(), fragment), answers);
});

test("a question may be named by its id as well, and twice", () => {
  const found = readFragment(rules(), "#output=pick&gives=match&nonsense=1");
  assert.deepEqual(found.given, { output: ["pick", "match"], nonsense: ["1"] });
});

test("a task is found by its names, their beginning, and words of the lexicon", () => {
  const first = (/** @type {string} */ text) => searched(rules(), text)[0]?.id;
  assert.equal(first("captions"), "captioning");
  assert.equal(first("capt"), "captioning");
  assert.equal(first("I want to find it again"), "image-search");
  assert.equal(first("xyzzy"), undefined);
  assert.deepEqual(tokensOf("Élans, glass & 2 Bilder"), ["elan", "glass", "2", "bilder"]);
});
