import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { readError } from "../../io/fs-errors.js";
import { repeatedKey } from "../../text/exact-json.js";
import { parseJson } from "../../text/parse-json.js";
import { shown } from "../../text/shown.js";

/** @throws HypersphereError `io` where it cannot be read, `invalid-option` where it is not JSON, or has a key twice */
export async function readConfig(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw await readError(error, path);
  }
  const json = text.replace(/^\uFEFF/, "");
  let contents: unknown;
  try {
    contents = parseJson(json);
  } catch (cause) {
    throw new HypersphereError("invalid-option", `${path} is not valid JSON: ${(cause as Error).message}.`, {
      cause,
      hint: 'Options are written as {"latentDim": 32, "hiddenDims": [128, 64]}.',
    });
  }
  const twice = repeatedKey(json);
  if (twice === undefined) return contents;
  throw new HypersphereError("invalid-option", `${path} has the key ${shown(twice)} more than once.`, {
    hint: "Write each option once: which of the values is meant cannot be told.",
  });
}
