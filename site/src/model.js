// What a rule base is made of, as advisor/model declares it, and how its rows are read.

/** @typedef {{[question: string]: string[]}} When */
/**
 * @typedef {object} Option
 * @property {string} id
 * @property {string} label
 * @property {string[]} aliases
 * @property {{[name: string]: string[]}} covers
 * @property {number|null} up_to
 * @property {{[field: string]: any}} requires
 * @property {string[]} uses
 * @property {string[]} keeps
 * @property {string|null} dtype
 * @property {string|null} order
 * @property {number|null} step
 * @property {string|null} of_programs
 */
/**
 * @typedef {object} Question
 * @property {string} id
 * @property {string} ask
 * @property {string} why
 * @property {Option[]} options
 * @property {boolean} many
 * @property {string|null} unit
 * @property {string|null} declared_by
 * @property {When} ask_if
 * @property {number[]} steps
 * @property {string|null} flag
 * @property {boolean} flag_only
 * @property {string|null} moot
 */
/** @typedef {{id: string, when: When, because: string, why: string}} Never */
/** @typedef {{id: string, name: string, because: string}} Criterion */
/** @typedef {{task: string, because: string, sources: string[], checkpoints: string[]}} Elsewhere */
/** @typedef {Elsewhere & {id: string, when: When}} Detour */
/** @typedef {{given: {[question: string]: string}, means: {[question: string]: string}, because: string}} MeantAnswer */
/**
 * @typedef {object} Task
 * @property {string} id
 * @property {string} name
 * @property {string} description
 * @property {string[]} aliases
 * @property {When} implies
 * @property {{[word: string]: {[question: string]: string}}} words
 * @property {{[flag: string]: string}} example
 * @property {Elsewhere|null} elsewhere
 * @property {MeantAnswer[]} reads
 */
/** @typedef {{fit: string, because: string, sources: string[]}} Fit */
/**
 * @typedef {object} Family
 * @property {string} id
 * @property {string} name
 * @property {number} rank
 * @property {boolean} composable
 * @property {string} summary
 * @property {{[task: string]: Fit}} tasks
 * @property {string|null} label
 */
/**
 * @typedef {object} Rule
 * @property {string} id
 * @property {string} criterion
 * @property {When} when
 * @property {string} effect
 * @property {string[]} candidates
 * @property {string} because
 * @property {string[]} sources
 */
/**
 * @typedef {object} Checkpoint
 * @property {string} id
 * @property {string} family
 * @property {string} label
 * @property {string} loader
 * @property {string|null} model_class
 * @property {string|null} processor
 * @property {string|null} network
 * @property {string|null} model_type
 * @property {string[]} tasks
 * @property {string[]} fine_tune
 * @property {string[]} typical
 * @property {string|null} stage
 * @property {number|null} parameters_millions
 * @property {number|null} image_size
 * @property {string[]|null} languages
 * @property {string|null} licence
 * @property {string|null} commercial_use
 * @property {boolean|null} gated
 * @property {number|null} released
 * @property {string|null} revision
 * @property {{[task: string]: string}} prompts
 * @property {string|null} thinking
 * @property {string|null} thinking_switch
 * @property {string[]} answer_marks
 * @property {string|null} text_case
 * @property {{[task: string]: string}} pipelines
 * @property {string[]} pitfalls
 * @property {boolean} derived
 * @property {{[name: string]: string}} notes
 * @property {{[field: string]: string[]}} sources
 * @property {string} checked
 * @property {string[]|null} languages_inferred
 * @property {string[]|null} languages_poor
 * @property {string|null} weights
 * @property {string|null} series
 * @property {string|null} larger_than
 * @property {string|null} succeeds
 * @property {string|null} home
 */
/**
 * @typedef {object} Program
 * @property {string} id
 * @property {string} loader
 * @property {string[]} classes
 * @property {string[]} processors
 * @property {string[]} tasks
 * @property {{[task: string]: string}} prompts
 * @property {string} code
 * @property {string} thinking_code
 * @property {{[question: string]: {[option: string]: string}}} says
 * @property {string} use
 */
/** @typedef {{id: string, tasks: string[], needs: string[]}} Act */
/** @typedef {{id: string, acts: string[], loads: {[type: string]: string}, parts: string[], declines: string[]}} RunnerUse */
/** @typedef {{id: string, title: string, url: string|null, read: string}} Source */
/** @typedef {{fields: string[], defaults: {[field: string]: any}, nested: {[field: string]: [string, string]}}} Layout */
/** @typedef {{memory_gb: {[dtype: string]: number|null}, training: {full_gb: number, lora_gb: number}|null, dtype: string}} Weighed */
/**
 * Which yardsticks rank a task, as advisor/rulebase/orders.py makes it.
 * @typedef {object} TaskOrder
 * @property {string} tie
 * @property {{[language: string]: string[]}} lists
 * @property {string[]} rest
 * @property {{[place: string]: [string, string|null]}} protocols
 * @property {{[yardstick: string]: any}} yardsticks
 */
/**
 * What Python declares once and both go by, as advisor/site/constants.py gathers it.
 * @typedef {object} Constants
 * @property {string[]} verdicts
 * @property {string[]} loaders
 * @property {{[name: string]: string}} loading
 * @property {number} least_gb
 * @property {string[]} plural
 * @property {{[suffix: string]: string}} units
 * @property {string[]} learnt
 * @property {string[]} rights
 * @property {string[]} restrictions
 * @property {string[]} no_language
 * @property {{[use: string]: string[]}} made_for
 * @property {{[commercial_use: string]: number}} openness null stands for what nobody verified
 * @property {number} unknown_size
 * @property {number} clearly_larger
 * @property {number} rounding
 * @property {number} nearly_all
 * @property {{[commercial_use: string]: number}} freedom
 * @property {number} notably_smaller
 * @property {{[field: string]: string}} asked_of_the_hub
 * @property {number} max_size
 * @property {number} most_work
 * @property {number} least_tries
 * @property {number} most_combinations
 * @property {number} walked_a_try
 * @property {number} budget_nodes
 * @property {number} most_situations
 * @property {number} most_asked
 */
/**
 * What the page is given: rows of declared values, and what Python worked out of them.
 * @typedef {object} Data
 * @property {string} digest
 * @property {string[]} overlays
 * @property {string[]} folders
 * @property {string[]} priority
 * @property {{[name: string]: Layout}} layouts
 * @property {{[name: string]: any}} rows
 * @property {{[family: string]: any[][]}} checkpoints
 * @property {{[checkpoint: string]: Weighed}} weighed
 * @property {{[task: string]: TaskOrder}} orders
 * @property {{[source: string]: string}} read
 * @property {{[source: string]: [string, string|null]}} sources
 * @property {{names: {[task: string]: string[]}, concepts: [string[], string[]][]}} search
 * @property {Constants} constants
 */

export const NOT_APPLICABLE = "not-applicable";
export const TASK = "task";
export const NONE = "none";

/**
 * Returns the values whose rows these are, with the defaults of what a row leaves out.
 * @param {{[name: string]: Layout}} layouts
 * @param {string} name of the declared class
 * @param {any[][]} rows
 * @returns {any[]}
 */
export function decode(layouts, name, rows) {
  const { fields, defaults, nested } = layouts[name];
  return rows.map((row) => {
    /** @type {{[field: string]: any}} */
    const value = {};
    fields.forEach((field, place) => {
      let member = place < row.length ? row[place] : defaults[field];
      const inside = nested[field];
      if (inside && place < row.length && member) {
        const [how, of] = inside;
        if (how === "list") member = decode(layouts, of, member);
        else if (how === "map") {
          const values = decode(layouts, of, Object.values(member));
          member = Object.fromEntries(Object.keys(member).map((key, n) => [key, values[n]]));
        } else [member] = decode(layouts, of, [member]);
      }
      value[field] = member;
    });
    return value;
  });
}
