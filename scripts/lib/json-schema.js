// What the generators of documentation and of types read from an option's JSON Schema.

/** "≥ 1, < 4", empty without limits. */
export function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  const limits = [];
  if (exclusiveMinimum !== undefined) limits.push(`> ${exclusiveMinimum}`);
  else if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) limits.push(`≥ ${minimum}`);
  if (exclusiveMaximum !== undefined) limits.push(`< ${exclusiveMaximum}`);
  else if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) limits.push(`≤ ${maximum}`);
  return limits.join(", ");
}
