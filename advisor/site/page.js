/* global Walk, placesOf, isAnswer */
// The page: answers stand in its address, and every view of it is drawn from them anew.

const data = JSON.parse(document.getElementById("data").textContent);
const catalog = Object.keys(data.briefs);
const part = (id) => document.getElementById(id);
const familyName = (id) => data.families[id] ?? "none of the families";
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
const called = (id, said) => data.questions[id].called[said] ?? said;
const typed = (id, said) => data.questions[id].words[said] ?? said;
const DECLINED = "unknown";

/** An element with attributes, functions that listen, and what stands in it. */
function make(name, attributes, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined));
  return made;
}

const pre = (text) => make("pre", { tabindex: 0 }, make("code", null, text));
const list = (rows) => make("ul", null, rows.map((row) => make("li", null, row)));
const modelLink = (id) => make("a", { href: `https://huggingface.co/${id}` }, id);
const titled = (title, ...inside) => [make("h3", null, title), ...inside];

/** What the address says: the task, its answers, what nobody knows, and notes on what was not taken. */
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const task = said.get("task") ?? "";
  const state = { task, given: {}, declined: new Set(), notes: [] };
  const table = data.tasks[task];
  for (const [flag, text] of said) {
    if (flag === "task") {
      if (!table) state.notes.push(`The task ${text} is not known.`);
      continue;
    }
    const [id, question] = Object.entries(data.questions)
      .find(([, one]) => one.flag === flag || one.was.includes(flag)) ?? [];
    const values = table?.questions.find(([key]) => key === id)?.[1];
    const option = question?.aliases[text] ?? text;
    const meant = table?.reads.find(([from]) => from[id] === option)?.[1][id] ?? option;
    if (values && text === DECLINED) state.declined.add(id);
    else if (values && !(id in state.given) && (meant in question.called || placesOf(values, meant).length)) {
      state.given[id] = meant;
    } else state.notes.push(`This page does not support the answer ${flag} ${text}.`);
  }
  for (const [id, other, options, implied] of table?.moot ?? []) {
    const said = other in state.given ? [state.given[other]] : implied;
    if (!(id in state.given) || !said.length || said.some((option) => options.includes(option))) continue;
    state.notes.push(`The answer ${data.questions[id].flag} ${typed(id, state.given[id])} makes no difference.`);
    delete state.given[id];
  }
  return state;
}

/** The address of a state with one answer given otherwise; null takes it back. */
function address({ task, given, declined }, id, said) {
  const next = new URLSearchParams({ task });
  for (const key of Object.keys(data.questions)) {
    const text = key === id ? said : given[key] ?? (declined.has(key) ? DECLINED : null);
    if (text !== null) next.set(data.questions[key].flag, typed(key, text));
  }
  return `#${next}`;
}

const flags = (given) => Object.keys(data.questions).filter((id) => id in given)
  .map((id) => ` --${data.questions[id].flag} ${quoted(typed(id, given[id]))}`).join("");
const command = (verb, { task, given }) =>
  `advisor ${verb} --task ${quoted(task)}${flags(given)}${data.flags && ` ${data.flags}`}`;

/** The answers that can be chosen for a question: options and kinds; numbers are typed. */
function choices(values) {
  const said = values.filter(isAnswer).map(([options, kinds]) => kinds[0] ?? options[0]);
  return [...new Set(said)];
}

// -- what is asked ----------------------------------------------------------------------------

function question(walk, state, level, heading) {
  const [id, values] = walk.questions[level];
  const { ask, why, unit } = data.questions[id];
  const open = walk.open(level);
  const go = (said) => () => { location.hash = address(state, id, said); };
  const buttons = choices(values).map((said) => {
    const possible = placesOf(values, said).some((place) => open.has(place));
    const chosen = state.given[id] === said;
    const button = make("button", { type: "button", class: "option", click: go(said), disabled: !possible && "",
      "aria-pressed": `${chosen}` }, called(id, said));
    return make("li", null, button);
  });
  const field = make("input", { type: "number", min: 0, step: "any", id: `number-${id}` });
  const form = make("form", { class: "number", submit: (event) => {
    event.preventDefault();
    if (field.value) go(field.value)();
  } }, make("label", { for: field.id }, `or a number in ${unit}`), field, make("button", { class: "undo" }, "Set"));
  return make("div", { class: "question" }, make(heading, { tabindex: -1 }, ask),
    make("ul", { class: "options" }, buttons),
    values.some(([, , least]) => least !== null) ? form : null,
    make("button", { type: "button", class: "undo", click: go(DECLINED) }, "I don't know"),
    make("details", null, make("summary", null, "Why this question?"), make("p", { class: "quiet" }, why)));
}

function asked(walk, state) {
  const level = walk.next((id) => state.declined.has(id) || data.questions[id].flag_only);
  if (level < 0) return make("p", null, "No further question would change the answer.");
  return question(walk, state, level, "h2");
}

function givenList(state) {
  const rows = [...Object.keys(state.given), ...state.declined].map((id) => make("li", null,
    make("span", null, `${data.questions[id].flag}: ${called(id, state.given[id] ?? DECLINED)} `),
    make("button", { type: "button", class: "undo", "aria-label": `Remove ${data.questions[id].flag}`,
      click: () => { location.hash = address(state, id, null); } }, "remove")));
  return rows.length ? [make("h2", null, "Your answers"), make("ul", { class: "given" }, rows)] : [];
}

function everyQuestion(walk, state) {
  const levels = walk.questions.map((_, level) => level)
    .filter((level) => choices(walk.questions[level][1]).length > 1);
  return make("details", { id: "all", toggle: (event) => {
    if (event.target === event.currentTarget && event.target.open && event.target.children.length === 1) {
      event.target.append(...levels.map((level) => question(walk, state, level, "h3")));
    }
  } }, make("summary", null, "All questions"));
}

// -- what is answered -------------------------------------------------------------------------

/** Whether a condition holds for the complete answers; what is asked nowhere here holds not. */
function holds(when, walk, path, task) {
  return Object.entries(when).every(([id, options]) => {
    if (id === "task") return options.includes(task);
    const level = walk.questions.findIndex(([key]) => key === id);
    return level >= 0 && walk.questions[level][1][path[level]].slice(0, 2).flat()
      .some((name) => options.includes(name));
  });
}

function reasons(rules, candidate, effects) {
  return rules.filter(([, effect, candidates]) => effects.includes(effect) && candidates.includes(candidate))
    .map(([, , , because, sources]) => [because, make("small", null, sources.map((id, n) => {
      const [title, href] = data.sources[id];
      return [" ", make("a", { href, title, "aria-label": `[${n + 1}] ${title}` }, `[${n + 1}]`)];
    }))]);
}

const SURE = {
  decided: "does not depend on assumptions",
  family: "based on assumptions: another family is possible",
  checkpoint: "only the checkpoint depends on assumptions",
};
const sureness = ({ family, checkpoint }) =>
  SURE[family !== "decided" ? "family" : checkpoint !== "decided" ? "checkpoint" : "decided"];

function headline([kind, family, checkpoint, use, source], certainty) {
  const how = use && use !== "as-is" ? `to ${use}` : "as is";
  const notes = kind === "picked" ? [how, familyName(source)] : family === "none" ? [] : [familyName(family)];
  const head = kind === "picked" ? modelLink(checkpoint)
    : family === "none" ? "None of the three families fits"
      : kind === "compose" ? "Combine a pretrained encoder and decoder, and fine-tune them"
        : "No cataloged checkpoint matches your answers";
  return make("div", { class: "headline" }, make("h2", { class: "first", tabindex: -1 }, head),
    make("p", null, [...notes, sureness(certainty)].join(" · ")));
}

/** What a change is called: its answer, or the numbers of some neighboring intervals, with which the option without an end goes. */
function changeName({ level, first, last }, walk) {
  const [id, values] = walk.questions[level];
  const { unit } = data.questions[id];
  if (values[first][2] === null) return called(id, values[first][3]);
  const shown = (place) => Number(values[place][2].toPrecision(3));
  const end = values[first - 1]?.[2] > 0 ? `${shown(last)} to ${shown(first - 1)}` : `from ${shown(last)}`;
  return `${end} ${unit}`;
}

/** Each change in the order of questions, numbers that lead to one end together. */
function changesOf(walk, found) {
  const groups = [];
  for (const { level, place, leaf } of walk.changes(found)) {
    const values = walk.questions[level][1];
    const end = leaf[2] || `${familyName(leaf[1])}${leaf[1] === "none" ? "" : ", no cataloged checkpoint"}`;
    const before = groups.findLast((one) => one.level === level && one.end === end);
    const near = before?.last === place - 1 && values[place][2] !== null;
    if (near && values[place - 1][2] !== null) before.last = place;
    else if (near && values[place - 1][0][0] === values[place][0][0]) Object.assign(before, { first: place, last: place });
    else groups.push({ level, end, first: place, last: place });
  }
  return groups;
}

// -- the map: one's own way down the left, and what each other answer leads to ------------------

const [ROW, CHIP, INDENT, LETTER] = [24, 38, 18, 7.4];
const cut = (text, most) => (text.length <= most ? text : `${text.slice(0, text.lastIndexOf(" ", most - 2) + 1 || most - 1).trimEnd()}…`);

/** An element of a picture. */
function drawn(name, attributes, ...inside) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside.flat());
  return made;
}

/** What the map says of a question: the own answer, and those that lead elsewhere. */
function mapRow(walk, state, found, level, changes, most) {
  const [id, values] = walk.questions[level];
  const own = values[found.path[level]];
  const given = id in state.given;
  const said = isAnswer(own) ? called(id, given && own[2] !== null ? state.given[id] : own[1][0] ?? own[0][0]) : "any";
  const others = changes.filter((change) => change.level === level);
  const chips = others.slice(0, most).map((change) => {
    const href = address(state, id, values[change.last][3]);
    return { name: changeName(change, walk), end: change.end, href };
  });
  if (others.length > most) chips.push({ name: `${others.length - most} more answers`, end: "under All questions" });
  return { title: data.questions[id].ask, own: { name: said, end: given ? "your answer" : "default" }, given, chips };
}

/** The picture of a task: its questions from top to bottom, one's own way marked. */
function map(walk, state, found, width) {
  const changes = changesOf(walk, found);
  const levels = walk.questions.map((_, level) => level)
    .filter((level) => walk.questions[level][0] in state.given || changes.some((one) => one.level === level));
  const most = width < 500 ? 3 : Infinity;
  const [parts, trunk] = [[], []];
  let top = 0;
  const chip = ({ name, end, href }, x, y, kind) => {
    const room = Math.floor((width - INDENT - 20) / LETTER);
    const lines = [cut(name, name.includes(" ") ? Math.min(room, 44) : room), cut(end, room)];
    const size = Math.max(...lines.map((line) => line.length)) * LETTER + 16;
    const place = x + size > width && x > INDENT ? [INDENT, y + CHIP + 4] : [x, y];
    const shown = [drawn("rect", { x: place[0], y: place[1], width: size, height: CHIP, rx: 8, class: kind }),
      ...lines.map((line, n) => drawn("text", { x: place[0] + 8, y: place[1] + 15 + n * 15, class: n ? "end" : "name" }, line))];
    parts.push(href ? drawn("a", { href }, shown) : drawn("g", {}, shown));
    return [place[0] + size + 8, place[1]];
  };
  for (const level of levels) {
    const row = mapRow(walk, state, found, level, changes, most);
    parts.push(drawn("text", { x: INDENT, y: top + 15, class: "title" }, row.title));
    trunk.push([6, top + ROW + CHIP / 2]);
    let [x, y] = chip(row.own, INDENT, top + ROW, row.given ? "given" : "own");
    for (const other of row.chips) [x, y] = chip(other, x, y, "other");
    top = y + CHIP + 8;
  }
  trunk.push([6, top + CHIP / 2]);
  chip({ name: found.leaf[2] || familyName(found.leaf[1]), end: "the answer" }, INDENT, top, "given");
  const line = drawn("polyline", { class: "way", points: trunk.join(" ") });
  const marks = trunk.map(([x, y]) => drawn("circle", { cx: x, cy: y, r: 5, class: "way" }));
  const label = "Your answers on the left, and the result of every other answer on the right";
  return levels.length ? drawn("svg", { class: "map", role: "group", "aria-label": label, width, height: top + CHIP + 4 },
    line, marks, parts) : null;
}

function instead(walk, { path, leaf }, task) {
  const detour = data.detours.find(([when]) => holds(when, walk, path, task));
  const other = detour?.slice(1) ?? (leaf[1] === "none" ? data.elsewhere[task] : null);
  if (!other) return [];
  const [hub, because, ids] = other;
  return titled("Alternative", make("p", null, `Hub task ${hub}. ${because}`), list(ids.map(modelLink)));
}

function answered(walk, state) {
  const found = walk.settled();
  if (!found) {
    return [make("h2", { tabindex: -1 }, "These answers cannot all be true"),
      make("p", null, "Remove one of your answers. This command names the answers that contradict each other:"),
      pre(command("recommend", state))];
  }
  const { path, leaf } = found;
  const [kind, family, checkpoint, , source] = leaf;
  const certainty = walk.certainty(leaf);
  const rules = data.rules.filter(([when]) => holds(when, walk, path, state.task));
  const others = Object.keys(data.families).filter((id) => id !== (source || family));
  const card = kind === "picked" && part(`checkpoint ${checkpoint}`).content.cloneNode(true);
  const next = kind === "picked" ? walk.ranked(source, path).slice(1).map((place) => catalog[place]) : [];
  const alone = !Object.keys(state.given).length && !state.declined.size;
  const picture = alone ? [...part(`usual ${state.task}`).querySelectorAll("figure, figure ~ .scroll")] : [];
  const result = { next: next.join(" "), family, checkpoint, use: leaf[3], source, sure: certainty.family, exact: certainty.checkpoint };
  Object.assign(part("answer").dataset, result);
  const wide = part("answer").clientWidth > 500;
  const caveats = reasons(rules, source || family, ["avoid"]);
  const plan = map(walk, state, found, Math.max(part("answer").clientWidth - 40, 280));
  return [
    headline(leaf, certainty),
    source && source !== family ? make("p", { class: "warn" },
      `${familyName(family)} fits best, but none of its checkpoints matches your answers.`) : null,
    ...picture.map((one) => one.cloneNode(true)),
    next.length && !picture.length ? titled("Other checkpoints",
      list(next.map((id) => [modelLink(id), ` ${data.briefs[id]}`]))) : null,
    copied([command("code", state), command("recommend", state)].join("\n")),
    make("p", { class: "quiet" }, make("a", { href: location.hash }, "Link to this answer")),
    instead(walk, found, state.task),
    plan ? wide ? titled("Would change if", plan) : folded("Would change if", false, plan) : null,
    folded("Reasons and sources", wide,
      ...titled("Reason", list([...reasons(rules, source || family, ["prefer"]),
        ...reasons(rules, checkpoint, ["prefer"])].slice(0, 4))),
      caveats.length ? titled("Caveat", list(caveats)) : [],
      ...titled("Other families", others.map((id) => [make("h4", null, familyName(id)),
        list(reasons(rules, id, ["exclude", "avoid"]).slice(0, 3))]))),
    card ? folded("About this checkpoint", false, card) : null,
  ].flat(Infinity);
}

const folded = (summary, open, ...inside) => make("details", { open: open && "" }, make("summary", null, summary), ...inside);

/** Commands with a button that copies them. */
function copied(text) {
  const button = make("button", { type: "button", click: async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } }, "Copy");
  return make("div", { class: "code" }, button, pre(text));
}

// -- the page ---------------------------------------------------------------------------------

function draw(event) {
  const state = readAddress();
  const table = data.tasks[state.task];
  part("task").value = table ? state.task : "";
  part("answer").hidden = part("ask").hidden = !table && !state.notes.length;
  document.body.classList.toggle("answered", Boolean(table));
  part("usual").hidden = Boolean(table);
  const notes = state.notes.map((note) => make("p", { class: "warn" }, note));
  for (const key of Object.keys(part("answer").dataset)) delete part("answer").dataset[key];
  if (table) {
    const walk = new Walk(table, state.given);
    part("answer").replaceChildren(...notes, ...answered(walk, state).filter(Boolean));
    const possible = walk.settled();
    part("ask").replaceChildren(...[possible ? asked(walk, state) : "", givenList(state),
      possible ? everyQuestion(walk, state) : ""].flat());
  } else part("answer").replaceChildren(...notes);
  document.documentElement.dataset.shown = location.hash;
  if (event) part(table ? "ask" : "start").querySelector("h2")?.focus();
}

part("task").addEventListener("change", ({ target }) => { location.hash = target.value && `#task=${target.value}`; });
part("need").addEventListener("input", ({ target }) => {
  const words = target.value.replace(/\p{C}/gu, " ").trim();
  part("need-command").textContent = words ? `advisor ${quoted(words)}${data.flags && ` ${data.flags}`}` : "";
  part("need-command").hidden = !words;
});
addEventListener("hashchange", draw);
draw();
