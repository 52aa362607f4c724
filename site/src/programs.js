// The lines of Python that run a checkpoint for a task, and its prompts: advisor/decide/programs.py.

/** @import {Checkpoint, Program} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{[question: string]: string}} Options */

const AS_IS = "as-is";

const PLACE = /\{([a-z-]+)\|([^}]*)\}/g;

/**
 * Returns the program that runs or trains a checkpoint; null where advisor knows no safe way.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {Options} answers
 * @param {string} use
 * @returns {string|null}
 */
export function snippet(rulebase, checkpoint, task, answers, use) {
  const program = programFor(rulebase, checkpoint, task, use);
  const { loading } = rulebase.constants;
  let code;
  if (program) code = program.code;
  else if (use !== AS_IS) return null;
  else if (checkpoint.loader === "open_clip") code = loading.open_clip;
  else if (checkpoint.loader === "transformers" && checkpoint.model_class) {
    code = checkpoint.processor ? loading.processor : loading.parts;
  } else return null;
  const name = checkpoint.model_class ?? "";
  const processor = checkpoint.processor || "AutoProcessor";
  const places = {
    names: [name, processor].sort().join(", "),
    class: name,
    processor,
    dtype: rulebase.data.weighed[checkpoint.id].dtype,
    checkpoint: checkpoint.id,
    prompt: promptFor(rulebase, checkpoint, task, answers) ?? "",
  };
  for (const [place, words] of Object.entries(places)) code = code.replaceAll(`{${place}}`, () => words);
  return pinned(code, checkpoint.revision);
}

/** @param {string} code @param {string|null} revision */
function pinned(code, revision) {
  if (revision === null) return code;
  return code
    .replaceAll(".from_pretrained(name", ".from_pretrained(name, revision=revision")
    .replace(/^(name = "(?!hf-hub:).*")$/gm, `$1\nrevision = "${revision}"`);
}

/**
 * Returns the prompt for a task, as the snippet has it; null where none is known.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {Options} answers
 */
export function promptFor(rulebase, checkpoint, task, answers) {
  const program = programFor(rulebase, checkpoint, task, AS_IS);
  if (!program) return checkpoint.tasks[0] === task ? checkpoint.prompt : null;
  /** @type {Options} */
  const words = {};
  for (const [question, options] of Object.entries(program.says)) {
    const word = options[answers[question] ?? ""];
    if (word !== undefined) words[question] = word;
  }
  const prompt = program.prompts[task];
  return prompt ? prompt.replace(PLACE, (_, place, text) => words[place] ?? text) : checkpoint.prompt;
}

/**
 * Returns the first program for a checkpoint, a task and a use.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {string} use
 * @returns {Program|undefined}
 */
function programFor(rulebase, checkpoint, task, use) {
  if (checkpoint.loader === "transformers" && !checkpoint.model_class) return undefined;
  const allows = (/** @type {string[]} */ among, /** @type {string} */ one) => !among.length || among.includes(one);
  return rulebase.programs.find(
    (program) =>
      program.use === use &&
      program.loader === checkpoint.loader &&
      allows(program.classes, checkpoint.model_class ?? "") &&
      allows(program.processors, checkpoint.processor ?? "") &&
      allows(program.tasks, task),
  );
}
