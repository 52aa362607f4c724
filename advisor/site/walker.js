/* exported Walk, placesOf, isAnswer */
// Walks the table of a task: questions [id, [[options, kinds, least number, typed]]], leaves
// [kind, family, checkpoint, use, source], nodes [level, child of each value], the root last; -1
// is where answers cannot be. It works out nothing that stands in no leaf.

const NOT_APPLICABLE = "not-applicable";
const [FAMILY, CHECKPOINT] = [1, 2];

/** Whether somebody can give a value: not the one that nobody gave, nor that of no question. */
const isAnswer = ([options]) => options.length > 0 && options[0] !== NOT_APPLICABLE;

/** The places of the values that an answer as it is typed leaves possible; none for no answer. */
function placesOf(values, said) {
  const number = Number(said);
  const within = values.findIndex(([, , least]) => least !== null && least <= number);
  if (said.trim() !== "" && number >= 0 && within >= 0) return [within];
  const found = values.map((_, place) => place);
  const option = found.filter((n) => !values[n][1].length && values[n][0].join() === said);
  return option.length ? option : found.filter((n) => values[n][1].includes(said));
}

/** One task under some answers: question to what is typed for it. */
class Walk {
  constructor(table, given) {
    Object.assign(this, table, { given });
    this.base = this.leaves.length;
    this.root = this.base + this.nodes.length - 1;
    this.kept = this.questions.map(([id, values]) =>
      id in given ? placesOf(values, given[id]) : values.map((_, place) => place));
  }

  /** The places kept, with those of one question instead. */
  keeping(level, places) {
    return this.kept.map((own, n) => (n === level ? places : own));
  }

  /** The typical complete answers within what is kept, and their leaf; null where none can be. */
  assumed(kept) {
    const path = kept.map((places) => places[0]);
    const dead = new Set([-1]);
    const fill = (node) => {
      if (node < this.base) return node;
      const [level, ...children] = this.nodes[node - this.base];
      for (const place of kept[level]) {
        const end = dead.has(children[place]) ? -1 : fill(children[place]);
        if (end < 0) continue;
        path[level] = place;
        return end;
      }
      dead.add(node);
      return -1;
    };
    const end = kept.some((places) => !places.length) ? -1 : fill(this.root);
    return end < 0 ? null : { path, leaf: this.leaves[end] };
  }

  /** The same; where only training is missing, and was only assumed away, that of training. */
  settled(kept = this.kept, changed = -1) {
    const found = this.assumed(kept);
    if (!found || found.leaf[0] !== "teachable") return found;
    for (const [level, place] of this.training) {
      if (level === changed || this.questions[level][0] in this.given) continue;
      if (found.path[level] === place) continue;
      const trained = this.assumed(kept.map((own, n) => (n === level ? [place] : own)));
      const [, family, , use, source] = trained ? trained.leaf : [];
      if (use === "fine-tune" && source === family) return trained;
    }
    return found;
  }

  /** The leaves that can be reached, and which places of each question are on a way to one. */
  reach(kept = this.kept) {
    const ahead = new Set([this.root]);
    const can = kept.map(() => new Set());
    const live = new Set();
    const skip = (from, to) => {
      for (let level = from; level < to; level++) kept[level].forEach((n) => can[level].add(n));
    };
    const levelOf = (node) => (node < this.base ? kept.length : this.nodes[node - this.base][0]);
    for (let node = this.root; node >= this.base; node--) {
      if (!ahead.has(node)) continue;
      const [level, ...children] = this.nodes[node - this.base];
      for (const n of kept[level]) if (children[n] >= 0) ahead.add(children[n]);
    }
    for (let node = 0; node <= this.root; node++) {
      if (!ahead.has(node)) continue;
      if (node < this.base) live.add(node);
      else {
        const [level, ...children] = this.nodes[node - this.base];
        for (const n of kept[level].filter((place) => live.has(children[place]))) {
          live.add(node);
          can[level].add(n);
          skip(level + 1, levelOf(children[n]));
        }
      }
    }
    if (live.has(this.root)) skip(0, levelOf(this.root));
    return { ends: [...live].filter((node) => node < this.base).map((n) => this.leaves[n]), can };
  }

  /** Whether family and checkpoint are the same wherever unanswered questions lead. */
  certainty(leaf) {
    const ends = [leaf, ...this.reach().ends];
    const word = (field) => (ends.every((end) => end[field] === leaf[field]) ? "decided" : "assumed");
    const family = word(FAMILY);
    return { family, checkpoint: family === "decided" ? word(CHECKPOINT) : family };
  }

  /** Each single answer that leads to another family or checkpoint, with that leaf. */
  changes({ path, leaf }) {
    return this.questions.flatMap(([, values], level) => values.flatMap((value, place) => {
      if (!isAnswer(value) || place === path[level]) return [];
      const found = this.settled(this.keeping(level, [place]), level);
      if (!found || [FAMILY, CHECKPOINT].every((n) => found.leaf[n] === leaf[n])) return [];
      return [{ level, place, leaf: found.leaf }];
    }));
  }

  /** The checkpoints of a family for complete answers, as places in the catalog, the first one first. */
  ranked(family, path) {
    const { numbers, leaves, nodes } = this.following[family];
    let node = leaves.length + nodes.length - 1;
    while (node >= leaves.length) {
      const [level, ...children] = nodes[node - leaves.length];
      const said = numbers[level] && this.given[this.questions[level][0]];
      node = children[said ? placesOf(numbers[level], said)[0] : path[level]];
    }
    return leaves[node];
  }

  /** The places of a question that the other answers leave possible. */
  open(level) {
    const all = this.questions[level][1].map((_, place) => place);
    return this.reach(this.keeping(level, all)).can[level];
  }

  /** The level after whose answer the fewest ends are left on average; -1 where none matters. */
  next(closed) {
    const count = ({ ends }) => Math.log2(new Set(ends.map((end) => `${end[FAMILY]} ${end[CHECKPOINT]}`)).size);
    const now = this.reach();
    let [best, least] = [-1, count(now) - 1e-9];
    this.questions.forEach(([id, values], level) => {
      const open = [...now.can[level]];
      if (id in this.given || closed(id) || open.some((n) => values[n][0][0] === NOT_APPLICABLE)) return;
      const left = open.filter((n) => isAnswer(values[n]))
        .map((n) => count(this.reach(this.keeping(level, [n]))));
      const mean = left.reduce((sum, one) => sum + one, 0) / left.length;
      if (left.length > 1 && mean < least) [best, least] = [level, mean];
    });
    return best;
  }
}
