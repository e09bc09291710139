/** Deeper than this is nothing that a person or this package writes; what walks a value would run out of stack. */
const DEEPEST = 200;

/** A value from JSON text that somebody else wrote. @throws SyntaxError also where it is nested more than 200 deep */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw new SyntaxError(`it is nested more than ${DEEPEST} deep`);
    level = level.flatMap((each) =>
      typeof each === "object" && each !== null
        ? Object.values(each).filter((inner) => typeof inner === "object" && inner !== null)
        : [],
    );
  }
  return value;
}
