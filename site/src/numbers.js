// Numbers as Python writes and rounds them, and tuples as it compares them.

/**
 * Returns a number as Python's `:g` writes it.
 * @param {number} value
 */
export function g(value) {
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(5).split("e")[1]);
  if (exponent < -4 || exponent >= 6) {
    const [digits, power] = value.toExponential(5).split("e");
    const sign = power[0] === "-" ? "-" : "+";
    return `${trimmed(digits)}e${sign}${power.slice(1).padStart(2, "0")}`;
  }
  return trimmed(value.toFixed(5 - exponent));
}

/** @param {string} digits */
const trimmed = (digits) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

/**
 * Returns a number rounded as Python's `round` does: a true tie goes to the even digit.
 * @param {number} value
 * @param {number} digits
 */
export function rounded(value, digits) {
  if (Number.isInteger(value)) return value;
  const text = value.toFixed(digits);
  const exact = value.toFixed(Math.min(100, digits + 60));
  const rest = exact.slice(exact.indexOf(".") + 1 + digits);
  if (!/^50*$/.test(rest)) return Number(text);
  const down = exact.slice(0, exact.indexOf(".") + 1 + digits);
  return Number(/[13579]\.?$/.test(down) ? text : down);
}

/**
 * Returns a number so that reading it gives the same number, as a flag takes it.
 * @param {number} value
 */
export function exact(value) {
  if (Number.isInteger(value)) return BigInt(value).toString();
  return repr(value);
}

/** @param {number} value */
function repr(value) {
  const text = String(value);
  const [digits, power] = text.split("e");
  if (power !== undefined) {
    return `${digits}e${power[0] === "-" ? "-" : "+"}${power.slice(1).padStart(2, "0")}`;
  }
  const small = Math.abs(value) < 1e-4;
  if (!small) return text;
  const [head, exponent] = value.toExponential().split("e");
  return `${head}e-${exponent.slice(1).padStart(2, "0")}`;
}

/**
 * Compares tuples of numbers, booleans, strings and tuples, member by member.
 * @param {any} one
 * @param {any} other
 * @returns {number}
 */
export function compared(one, other) {
  if (Array.isArray(one)) {
    for (let n = 0; n < one.length && n < other.length; n++) {
      const found = compared(one[n], other[n]);
      if (found) return found;
    }
    return one.length - other.length;
  }
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Returns members in the order of a key; equals stay as they stand.
 * @template T
 * @param {Iterable<T>} members
 * @param {(member: T) => any} key
 * @returns {T[]}
 */
export function sorted(members, key) {
  const keyed = [...members].map((member) => ({ member, key: key(member) }));
  keyed.sort((one, other) => compared(one.key, other.key));
  return keyed.map(({ member }) => member);
}

/**
 * Returns the first member with the least key; undefined of none.
 * @template T
 * @param {Iterable<T>} members
 * @param {(member: T) => any} key
 * @returns {T|undefined}
 */
export function least(members, key) {
  let found, best;
  for (const member of members) {
    const own = key(member);
    if (best === undefined || compared(own, best) < 0) [found, best] = [member, own];
  }
  return found;
}

/** @template T @param {Iterable<T>} members @param {(member: T) => number} of */
export function total(members, of) {
  let sum = 0;
  for (const member of members) sum += of(member);
  return sum;
}
