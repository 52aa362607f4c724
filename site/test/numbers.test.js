import assert from "node:assert/strict";
import { test } from "node:test";
import { compared, exact, g, least, rounded, sorted } from "../src/numbers.js";

test("numbers are written as Python's :g writes them", () => {
  const cases = { 0: "0", 1: "1", 0.61: "0.61", 133.5: "133.5", 1234567: "1.23457e+06", 100000: "100000", 0.0001: "0.0001" };
  for (const [value, text] of Object.entries(cases)) assert.equal(g(Number(value)), text);
  assert.equal(g(0.00001234), "1.234e-05");
  assert.equal(g(1e6), "1e+06");
});

test("true ties are rounded to the even digit, all else to the nearest", () => {
  assert.equal(rounded(0.125, 2), 0.12);
  assert.equal(rounded(0.375, 2), 0.38);
  assert.equal(rounded(2.5, 0), 2);
  assert.equal(rounded(2.675, 2), 2.67);
  assert.equal(rounded(-0.125, 2), -0.12);
});

test("a flag takes a number so that reading it gives the same one", () => {
  assert.equal(exact(16), "16");
  assert.equal(exact(7.5), "7.5");
  assert.equal(exact(0.00001), "1e-05");
});

test("tuples are compared member by member", () => {
  assert.ok(compared([0, "b"], [0, "c"]) < 0);
  assert.ok(compared([false, 9], [true, 0]) < 0);
  assert.equal(compared([1, [2, 3]], [1, [2, 3]]), 0);
  assert.deepEqual(sorted([3, 1, 2], (one) => -one), [3, 2, 1]);
  assert.equal(least(["bb", "a", "c"], (one) => one.length), "a");
});
