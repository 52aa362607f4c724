import assert from "node:assert/strict";
import { test } from "node:test";
import { Diagram, EMPTY } from "../src/diagram.js";

/** Two questions of three and two choices: "won" where the first is 0, or is 1 and the second 1. */
function small() {
  const diagram = new Diagram([["0", "1", "2"], ["0", "1"]]);
  const won = diagram.terminal("won");
  const lost = diagram.terminal("lost");
  const mixed = diagram.node(1, [lost, won]);
  return { diagram, root: diagram.node(0, [won, mixed, EMPTY]) };
}

test("equal functions are one node", () => {
  const { diagram, root } = small();
  const again = diagram.node(1, [diagram.terminal("lost"), diagram.terminal("won")]);
  assert.equal(diagram.node(0, [diagram.terminal("won"), again, EMPTY]), root);
  assert.equal(diagram.node(0, [root, root, root]), root);
});

test("profiles are counted by label, and those that cannot be are not", () => {
  const { diagram, root } = small();
  assert.deepEqual([...diagram.counts(root)], [["won", 3n], ["lost", 1n]]);
  assert.equal(diagram.total(root), 4n);
});

test("what answers leave is reached, and the first of it is typical", () => {
  const { diagram, root } = small();
  const found = diagram.reachable(root, new Map([[1, ["0"]]]));
  assert.deepEqual(found.labels, new Set(["won", "lost"]));
  assert.deepEqual(found.choices, [new Set(["0", "1"]), new Set(["0"])]);
  assert.deepEqual(diagram.first(root, new Map([[0, ["1"]]])), [["1", "0"], "lost"]);
  assert.equal(diagram.first(root, new Map([[0, ["2"]]])), null);
});

test("the nearest profile with a label changes least", () => {
  const { diagram, root } = small();
  const cost = (/** @type {number} */ level, /** @type {string} */ choice) => (choice === ["1", "0"][level] ? 0 : 1);
  assert.deepEqual(diagram.nearest(root, cost, (label) => label === "won", new Map([[0, ["1"]]])), ["1", "1"]);
  assert.equal(diagram.nearest(root, cost, (label) => label === "lost", new Map([[0, ["0"]]])), null);
});
