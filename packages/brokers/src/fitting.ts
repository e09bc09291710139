import type { Part } from "./broker.js";

/** An answer that is too long for a message becomes a dead letter; of a dead letter that is too long, the body is left out. */
export function fitting(
  results: readonly string[],
  dead: readonly string[],
  limit: number,
): Pick<Part, "results" | "deadLetters"> {
  const isLong = (line: string): boolean => Buffer.byteLength(line) > limit;
  const long = results.filter(isLong);
  if (long.length === 0 && !dead.some(isLong)) return { results, deadLetters: dead };
  const unsent = long.map((line) => {
    const { message } = JSON.parse(line) as { message: string };
    const why = `Its answer has more than the ${limit} bytes that a message may have.`;
    return JSON.stringify({ message, error: { code: "unfit-data", message: why } });
  });
  const shortened = dead.map((line) => {
    if (!isLong(line)) return line;
    const { body: _, error, ...rest } = JSON.parse(line) as { body: unknown; error: { message: string } };
    const cut = { ...error, message: error.message.slice(0, 1000) };
    return JSON.stringify({ ...rest, error: cut, body_left_out: `more than ${limit} bytes` });
  });
  return { results: results.filter((line) => !isLong(line)), deadLetters: [...shortened, ...unsent] };
}
