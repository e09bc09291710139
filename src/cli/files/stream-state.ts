import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { errno, readError } from "../../io/fs-errors.js";
import { parseJson } from "../../text/parse-json.js";

const FORMAT = "hypersphere stream 1";

/** What `--state` keeps. */
export const stateText = (stream: unknown): string => `${JSON.stringify({ format: FORMAT, stream })}\n`;

/** The state in a file, or undefined where there is no such file yet. @throws HypersphereError `io`, `unreadable-data` */
export async function readStreamState(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw await readError(error, path);
  }
  let kept: { format?: unknown; stream?: unknown } | null;
  try {
    kept = parseJson(text) as typeof kept;
  } catch {
    kept = null;
  }
  if (kept?.format === FORMAT) return kept.stream;
  throw new HypersphereError(
    "unreadable-data",
    `${path} exists and is not the state of a stream; it was left as it is.`,
    { hint: "Name a new file for --state." },
  );
}
