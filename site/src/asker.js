// Finds the next question beside the page, in a worker made of the page's own script, so that typing
// and reading go on meanwhile. Where a browser allows no worker, it is found on the page itself.

import { Engine } from "./engine.js";
import { RuleBase } from "./rulebase.js";
import { Interview } from "./session.js";

/** @import {Profile} from "./profile.js" */
/** @import {Ask} from "./session.js" */
/** @typedef {{number: number, profile: Profile, unknown: string[]}} Request */
/** @typedef {(next: Ask|null) => void} Told */

export class Asker {
  /** @param {Engine} engine @param {string} data what the page is given, as text */
  constructor(engine, data) {
    this._engine = engine;
    this._data = data;
    /** @type {Request} */
    this._last = { number: 0, profile: {}, unknown: [] };
    /** @type {Told} */
    this._told = () => {};
    /** @type {Worker|null} */
    this._worker = null;
    /** @type {Interview|null} */
    this._interview = null;
  }

  /**
   * Finds what to ask after some answers. Of several requests, the last one alone is told of.
   * @param {Profile} profile
   * @param {string[]} unknown
   * @param {Told} told
   */
  next(profile, unknown, told) {
    this._told = told;
    this._last = { number: this._last.number + 1, profile, unknown };
    if (!this._worker && !this._interview) this._start();
    if (this._worker) this._worker.postMessage(this._last);
    else this._here();
  }

  _start() {
    const script = document.querySelector("script:not([type])")?.textContent ?? "";
    try {
      this._worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    } catch {
      this._interview = new Interview(this._engine);
      return;
    }
    this._worker.onmessage = ({ data }) => {
      if (data.number === this._last.number) this._told(data.next);
    };
    this._worker.onerror = () => {
      this._worker = null;
      this._interview = new Interview(this._engine);
      this._here();
    };
    this._worker.postMessage(this._data);
  }

  /** Finds it on the page, as soon as that has shown the answer. */
  _here() {
    const { number, profile, unknown } = this._last;
    setTimeout(() => {
      if (number === this._last.number && this._interview) this._told(this._interview.next(profile, unknown));
    });
  }
}

/** Answers requests, in a worker: the first message is what the page is given. */
export function work() {
  /** @type {Interview|null} */
  let interview = null;
  addEventListener("message", ({ data }) => {
    if (!interview) {
      const rulebase = new RuleBase(JSON.parse(data));
      interview = new Interview(new Engine(rulebase, rulebase.data.priority));
      return;
    }
    const { number, profile, unknown } = /** @type {Request} */ (data);
    postMessage({ number, next: interview.next(profile, unknown) });
  });
}
