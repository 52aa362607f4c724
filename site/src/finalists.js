// Which checkpoint comes first, for all that answers leave open at once:
// advisor/interview/finalists.py.

import { EMPTY } from "./diagram.js";
import { NONE, NOT_APPLICABLE, TASK } from "./model.js";
import { Precedences } from "./precedence.js";
import { sameOptions } from "./profile.js";
import { product } from "./reasons.js";
import { Requirements } from "./requirements.js";
import { loadsSafely, offered } from "./rulebase.js";
import { select } from "./selection.js";
import { OverBudget, Residual, entropy } from "./strategy.js";
import { sorted } from "./numbers.js";

/** @import {Allowed, Choice} from "./diagram.js" */
/** @import {Decision, Engine} from "./engine.js" */
/** @import {Option} from "./model.js" */
/** @import {Profile} from "./profile.js" */
/** @typedef {[bigint, bigint, bigint]} Doubts lack something, something is not verified, lack what training teaches */
/** @typedef {{alive: bigint, said: string[], doubts: number[]}} Situation doubts by their number, for each mode; RULED_OUT where answers do so */
/** @typedef {{alive: bigint, said: string[], doubts: number[]}} Consequence */
/** @typedef {{answers: Map<number, Choice>, traits: Map<number, string>}} Mode */
/** @typedef {string} Case all that who comes first depends on */
/** @typedef {{residual: Residual, node: number, whole: boolean}} Left what is left to ask; not whole where only the commonest cases were followed */

/** @type {{[effect: string]: number}} */
const SPEAKS = { exclude: 0, avoid: 1, prefer: 2 };
const RULED_OUT = -1;
const UNKNOWN = "";
const NO_DOUBTS = 0;

export class Finalists {
  /** @param {Engine} engine @param {Profile} profile what is known, one task among it */
  constructor(engine, profile) {
    const { rulebase } = engine;
    this.engine = engine;
    this.given = profile;
    this.space = engine.space(profile);
    /** The task. */
    this._task = profile[TASK].options[0];
    this.checkpoints = rulebase.families
      .flatMap((family) => rulebase.catalogue(family.id))
      .filter((one) => offered(one) && [...one.tasks, ...one.fine_tune].includes(this._task));
    const aimed = new Set(this.checkpoints.map((one) => one.id));
    this.rules = rulebase.rules.filter((rule) => rule.candidates.some((one) => aimed.has(one)));
    this.keeping = rulebase.keeping.map((question) => engine.place(question.id));
    const speaking = rulebase.questions.filter((question) =>
      question.options.some((option) => saidBy(option).length || Object.keys(option.requires).length),
    );
    this.told = new Set([
      ...speaking.map((question) => engine.place(question.id)),
      ...this.rules.flatMap((rule) => Object.keys(rule.when).map((id) => engine.place(id))),
      ...this.space.support(this.space.root),
      ...this.keeping,
    ]);
    this.questions = [...this.told].sort((one, other) => one - other);
    this.modes = this._modes();
    this._aims = this.rules.map((rule) => this._aimedBits(rule.candidates));
    this._barred = new Set(rulebase.barring.flatMap((rule) => rule.candidates));
    /** @type {Map<Case, [bigint, Map<number, Choice>]>} */
    this._examples = new Map();
    /** The cases of which it is known here who comes first. @type {Set<Case>} */
    this._known_cases = new Set();
    /** @type {Residual|null} */
    this._cases = null;
    /** All doubts by number, so that situations are compared by numbers. @type {Doubts[]} */
    this._doubted = [[0n, 0n, 0n]];
    /** @type {Map<string, number>} */
    this._numbers = new Map([["0|0|0", NO_DOUBTS]]);
    /** @type {Map<number, number>} */
    this._joined = new Map();
    /** @type {Map<string, Consequence>} */
    this._effects = new Map();
    /** @type {Map<bigint, Decision>} */
    this._decisions = new Map();
    /** @type {Map<Case, string>} */
    this._firsts = new Map();
    /** @type {Map<string, any>} */
    this._cache = new Map();
  }

  /** Forgets what was asked before, so that every question is found from one beginning. */
  reset() {
    this._known_cases.clear();
    this._cases?.reset();
  }

  /**
   * Returns what is left open within some answers, told apart by the checkpoint that comes first.
   * `select` is asked `most` times at most: of more cases, those in which most profiles end are
   * followed. Throws OverBudget where too many partial profiles would have to be followed.
   * @param {number} most
   * @param {Allowed} allowed
   * @returns {Left}
   */
  residual(most, allowed) {
    const cases = (this._cases ??= this._made());
    const node = allowed.size ? cases.within(cases.root, allowed) : cases.root;
    const shares = sharesOf(cases, node);
    const unknown = sorted(
      [...shares.keys()].filter((one) => !this._known_cases.has(one)),
      (one) => -(shares.get(one) ?? 0),
    );
    for (const one of unknown.slice(0, most)) this._first(one);
    const residual = new Residual(this.space);
    residual.root = residual.read(cases, node, (one) => (this._known_cases.has(one) ? this._first(one) : UNKNOWN));
    return { residual, node: residual.root, whole: unknown.length <= most };
  }

  /** What is left open, told apart by the cases in which `select` has to be asked. */
  _made() {
    const { most_situations } = this.engine.rulebase.constants;
    const residual = new Residual(this.space);
    /** @type {Map<string, number>} */
    const known = new Map();
    /** @type {Map<number, Choice>} */
    const path = new Map();
    /** @param {number} depth @param {number} node @param {Situation} situation @returns {number} */
    const grow = (depth, node, situation) => {
      if (depth === this.questions.length) return residual.terminal(this._case(node, situation, new Map(path)));
      const key = `${depth}|${node}|${situationKey(situation)}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      if (known.size > most_situations) throw new OverBudget();
      const question = this.questions[depth];
      const after = this.space.cofactors(node, question);
      const children = this.space.choices[question].map((choice, n) => {
        if (after[n] === EMPTY) return EMPTY;
        path.set(question, choice);
        const child = grow(depth + 1, after[n], this._after(situation, question, choice));
        path.delete(question);
        return child;
      });
      const made = residual.node(question, children);
      known.set(key, made);
      return made;
    };
    residual.root = grow(0, this.space.root, this._start());
    residual.keep();
    return residual;
  }

  /** @returns {Situation} */
  _start() {
    return {
      alive: (1n << BigInt(this.rules.length)) - 1n,
      said: [],
      doubts: this.modes.map(() => NO_DOUBTS),
    };
  }

  /** Every way in which answers change what others require, with answers for each. @returns {Mode[]} */
  _modes() {
    const ofQuestion = this.keeping.map((question) => {
      /** @type {Map<string, Choice>} */
      const found = new Map();
      for (const choice of this.space.choices[question]) {
        const traits = this._traits(question, choice);
        if (!found.has(traits)) found.set(traits, choice);
      }
      return [...found].map(([traits, choice]) => ({ question, traits, choice }));
    });
    return [...product(ofQuestion)].map((chosen) => ({
      answers: new Map(chosen.map(({ question, choice }) => [question, choice])),
      traits: new Map(chosen.map(({ question, traits }) => [question, traits])),
    }));
  }

  /** @param {number} question @param {Choice} choice @returns {Option[]} */
  _options(question, choice) {
    const chosen = this.engine.encoding.optionsOf(question, choice);
    return this.engine.rulebase.questions[question].options.filter((option) => chosen.includes(option.id));
  }

  /** What an answer keeps from being trained, and in which precision it loads. @param {number} question @param {Choice} choice */
  _traits(question, choice) {
    const options = this._options(question, choice);
    const kept = [...new Set(options.flatMap((option) => option.keeps))].sort();
    return `${kept}|${options.find((option) => option.dtype)?.dtype ?? ""}`;
  }

  /** @param {Situation} situation @param {number} question @param {Choice} choice @returns {Situation} */
  _after(situation, question, choice) {
    const effect = this._effect(question, choice);
    const keeps = this.keeping.includes(question) ? this._traits(question, choice) : null;
    const doubts = situation.doubts.map((before, n) => {
      if (before === RULED_OUT || (keeps !== null && this.modes[n].traits.get(question) !== keeps)) return RULED_OUT;
      return this._both(before, effect.doubts[n]);
    });
    const said = effect.said.length ? [...situation.said, ...effect.said] : situation.said;
    return { alive: situation.alive & effect.alive, said, doubts };
  }

  /** The number of the doubts of two together. @param {number} one @param {number} other */
  _both(one, other) {
    if (other === NO_DOUBTS) return one;
    const key = one * 65536 + other;
    let found = this._joined.get(key);
    if (found === undefined) {
      const [a, b] = [this._doubted[one], this._doubted[other]];
      found = this._numbered([a[0] | b[0], (a[1] | b[1]) & ~(a[0] | b[0]), a[2] | b[2]]);
      this._joined.set(key, found);
    }
    return found;
  }

  /** @param {Doubts} doubts */
  _numbered(doubts) {
    const key = doubts.map((bits) => bits.toString(32)).join("|");
    let found = this._numbers.get(key);
    if (found === undefined) {
      found = this._doubted.push(doubts) - 1;
      this._numbers.set(key, found);
    }
    return found;
  }

  /** @param {number} question @param {Choice} choice @returns {Consequence} */
  _effect(question, choice) {
    const key = `${question}|${choice}`;
    let found = this._effects.get(key);
    if (!found) {
      const id = this.engine.encoding.questions[question];
      const options = this._named(id, this.engine.encoding.optionsOf(question, choice));
      let alive = 0n;
      this.rules.forEach((rule, place) => {
        if (!(id in rule.when) || rule.when[id].some((one) => options.includes(one))) alive |= 1n << BigInt(place);
      });
      const chosen = this._options(question, choice);
      const said = chosen.flatMap(saidBy);
      if (chosen.some((option) => "languages" in option.requires)) {
        said.push(`languages:${this._measures(question, choice)}`);
      }
      found = { alive, said, doubts: this._doubts(question, choice, chosen) };
      this._effects.set(key, found);
    }
    return found;
  }

  /** Options with the things they cover that are given. @param {string} id @param {string[]} options */
  _named(id, options) {
    const given = this.given[id];
    return given?.named && sameOptions(given.options, options) ? [...options, ...given.named] : options;
  }

  /** By what checkpoints are measured after an answer that names languages. @param {number} question @param {Choice} choice */
  _measures(question, choice) {
    const { rulebase } = this.engine;
    const { languages } = new Requirements(rulebase, this._profile(new Map([[question, choice]])));
    const { gauges } = Precedences.known(rulebase, this._task, languages);
    return JSON.stringify(gauges.map((gauge) => [gauge.yardstick, gauge.name, gauge.rest]));
  }

  /** @param {number} question @param {Choice} choice @param {Option[]} options @returns {number[]} */
  _doubts(question, choice, options) {
    if (!options.some((option) => Object.keys(option.requires).length)) return this.modes.map(() => NO_DOUBTS);
    return this.modes.map((mode) => this._inMode(new Map([...mode.answers, [question, choice]])));
  }

  /** @param {Map<number, Choice>} answers */
  _inMode(answers) {
    const required = new Requirements(this.engine.rulebase, this._profile(answers));
    const { learnt } = this.engine.rulebase.constants;
    required.barred = new Map(); // rules are followed by themselves
    let [lacking, unknown, apart] = [0n, 0n, 0n];
    this.checkpoints.forEach((checkpoint, place) => {
      ["as-is", "fine-tune"].forEach((use, n) => {
        const bit = 1n << BigInt(2 * place + n);
        const [lacks, unsure] = required.gaps(checkpoint, use);
        if (lacks.length) lacking |= bit;
        if (unsure.length) unknown |= bit;
        if (lacks.some((gap) => learnt.includes(gap.field))) apart |= bit;
      });
    });
    return this._numbered([lacking, unknown, apart]);
  }

  /**
   * Returns the case in which everything is answered so; all of one have the same first.
   * @param {number} node
   * @param {Situation} situation
   * @param {Map<number, Choice>} answers
   * @returns {Case}
   */
  _case(node, situation, answers) {
    const [outcome] = /** @type {Set<bigint>} */ (this.space.labels(node));
    const { encoding, ranking } = this.engine;
    let families = this._known(`families|${outcome.toString(32)}`, () =>
      ranking.order(outcome).map((family) => encoding.families[family]),
    );
    const [uses, order, languages] = this._usesSaid(situation.said);
    const number = /** @type {number} */ (situation.doubts.find((one) => one !== RULED_OUT));
    const [lacking, unknown, apart] = this._doubted[number];
    if (families.length && this._relevant(families.slice(0, 1), uses, true) & ~(lacking | unknown)) {
      families = families.slice(0, 1);
    }
    const relevant = this._relevant(families, uses);
    const open = relevant & ~lacking;
    const spoken = this._spoken(situation.alive, open);
    const key = [
      families.join(),
      uses.join(),
      order,
      languages,
      ...[lacking & relevant, unknown & open, apart & relevant].map((bits) => bits.toString(32)),
      spoken,
    ].join("|");
    if (!this._examples.has(key)) this._examples.set(key, [outcome, answers]);
    return key;
  }

  /** What comes first in a case; `select` is asked once for each. @param {Case} one */
  _first(one) {
    this._known_cases.add(one);
    let found = this._firsts.get(one);
    if (found === undefined) {
      found = this._chosen(.../** @type {[bigint, Map<number, Choice>]} */ (this._examples.get(one)));
      this._firsts.set(one, found);
    }
    return found;
  }

  /**
   * Returns the open question whose answer alone changes most often what comes first.
   * @param {Set<number>} closed
   * @returns {number|null}
   */
  telling(closed) {
    /** @type {number|null} */
    let best = null;
    let most = -Infinity;
    for (const question of this.questions) {
      if (closed.has(question)) continue;
      /** @type {Map<string, number>} */
      const firsts = new Map();
      const left = this.space.cofactors(this.space.root, question);
      let senseless = false;
      this.space.choices[question].forEach((choice, n) => {
        if (left[n] === EMPTY) return;
        const [option, ...more] = this.engine.encoding.optionsOf(question, choice);
        senseless ||= option === NOT_APPLICABLE && !more.length;
        const whole = this.space.first(left[n]);
        if (whole === null) return;
        const answers = new Map(this.questions.map((at) => [at, at === question ? choice : whole[0][at]]));
        const first = this._followed(answers);
        firsts.set(first, (firsts.get(first) ?? 0) + 1);
      });
      if (firsts.size < 2 || senseless) continue;
      const counts = [...firsts.values()];
      const all = counts.reduce((one, other) => one + other, 0);
      const spread = entropy(counts.map((number) => number / all));
      if (spread > most) [best, most] = [question, spread];
    }
    return best;
  }

  /** What comes first for one way of answering everything. @param {Map<number, Choice>} answers */
  _followed(answers) {
    let node = this.space.root;
    let situation = this._start();
    for (const question of this.questions) {
      const choice = /** @type {Choice} */ (answers.get(question));
      node = this.space.cofactors(node, question)[this.space.choices[question].indexOf(choice)];
      situation = this._after(situation, question, choice);
    }
    return this._first(this._case(node, situation, answers));
  }

  /**
   * Returns the ways of use that answers allow, the order asked for, and the languages.
   * @param {string[]} said
   * @returns {[string[], string, string]}
   */
  _usesSaid(said) {
    return this._known(`said|${said.join("|")}`, () => {
      /** @type {string[]} */
      let uses = [];
      let [order, languages] = ["", ""];
      for (const one of said) {
        const at = one.indexOf(":");
        const [what, value] = [one.slice(0, at), one.slice(at + 1)];
        if (what === "uses") {
          const more = value.split(",");
          uses = uses.length ? more.filter((use) => uses.includes(use)) : more;
        } else if (what === "order") order ||= value;
        else languages = value;
      }
      return /** @type {[string[], string, string]} */ ([uses.length ? uses : ["as-is"], order, languages]);
    });
  }

  /**
   * Returns the bits of doubts that count: of each checkpoint of the families in its use.
   * @param {string[]} families
   * @param {string[]} uses
   * @param {boolean} sure
   * @returns {bigint}
   */
  _relevant(families, uses, sure = false) {
    return this._known(`relevant|${families}|${uses}|${sure}`, () => {
      let bits = 0n;
      this.checkpoints.forEach((one, place) => {
        if (!families.includes(one.family)) return;
        if (sure && (this._barred.has(one.id) || !loadsSafely(one))) return;
        const use = uses.find(
          (each) => each !== "compose" && (each === "as-is" ? one.tasks : one.fine_tune).includes(this._task),
        );
        if (use) bits |= 1n << BigInt(2 * place + (use === "as-is" ? 0 : 1));
      });
      return bits;
    });
  }

  /** @param {string[]} candidates */
  _aimedBits(candidates) {
    let bits = 0n;
    this.checkpoints.forEach((one, place) => {
      if (candidates.includes(one.id)) bits |= 3n << BigInt(2 * place);
    });
    return bits;
  }

  /** What rules say of the checkpoints that are left. @param {bigint} alive @param {bigint} open */
  _spoken(alive, open) {
    const said = [0n, 0n, 0n];
    this.rules.forEach((rule, place) => {
      if ((alive >> BigInt(place)) & 1n) said[SPEAKS[rule.effect]] |= this._aims[place] & open;
    });
    return said.map((bits) => bits.toString(32)).join();
  }

  /** @param {bigint} outcome @param {Map<number, Choice>} answers */
  _chosen(outcome, answers) {
    const profile = this._profile(answers);
    let decision = this._decisions.get(outcome);
    if (!decision) {
      const known = Object.entries(profile).filter(([id]) => id === TASK || this.told.has(this.engine.place(id)));
      decision = this.engine.decide(Object.fromEntries(known));
      this._decisions.set(outcome, decision);
    }
    const { picks } = select(this.engine.rulebase, { ...decision, profile, given: profile }, { firstOnly: true });
    return picks.length ? picks[0].checkpoint.id : (decision.family ?? NONE);
  }

  /** A complete profile of the task and some answers, with nothing else said. @param {Map<number, Choice>} answers @returns {Profile} */
  _profile(answers) {
    /** @type {Profile} */
    const profile = {};
    this.engine.encoding.questions.forEach((id, place) => {
      let options = [NOT_APPLICABLE];
      const choice = answers.get(place);
      if (id === TASK) options = [this._task];
      else if (choice !== undefined) options = this.engine.encoding.optionsOf(place, choice);
      const given = this.given[id];
      profile[id] =
        given && sameOptions(given.options, options) ? given : { options, value: null, origin: "asked" };
    });
    return profile;
  }

  /** @template T @param {string} key @param {() => T} make @returns {T} */
  _known(key, make) {
    if (!this._cache.has(key)) this._cache.set(key, make());
    return this._cache.get(key);
  }
}

/** What an option says of use and of the order. @param {Option} option */
function saidBy(option) {
  const said = option.uses.length ? [`uses:${option.uses}`] : [];
  return option.order ? [...said, `order:${option.order}`] : said;
}

/** @param {Situation} situation */
const situationKey = ({ alive, said, doubts }) => `${alive.toString(32)}|${said.join(";")}|${doubts.join()}`;

/**
 * Returns for each label the share of the profiles below a node that have it.
 * @param {Residual} residual
 * @param {number} node
 * @returns {Map<Case, number>}
 */
function sharesOf(residual, node) {
  const below = new Set();
  const ahead = [node];
  while (ahead.length) {
    const at = /** @type {number} */ (ahead.pop());
    if (below.has(at) || !residual.children[at].length) continue;
    below.add(at);
    ahead.push(...residual.children[at]);
  }
  /** @type {Map<number, number>} */
  const shares = new Map([[node, 1]]);
  for (const at of [...below].sort((one, other) => other - one)) {
    const ways = residual.choices[residual.level[at]].length;
    for (const child of residual.children[at]) {
      shares.set(child, (shares.get(child) ?? 0) + (shares.get(at) ?? 0) / ways);
    }
  }
  const labelled = [...shares].filter(([at]) => residual.label.has(at));
  return new Map(labelled.map(([at, share]) => [residual.label.get(at), share]));
}
