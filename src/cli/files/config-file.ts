import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { readError } from "../../io/fs-errors.js";
import { parseJson } from "../../text/parse-json.js";

/** @throws HypersphereError `io` where it cannot be read, `invalid-option` where it is not JSON */
export async function readConfig(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw await readError(error, path);
  }
  try {
    return parseJson(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new HypersphereError("invalid-option", `${path} is not valid JSON: ${(cause as Error).message}.`, {
      cause,
      hint: 'Options are written as {"latentDim": 32, "hiddenDims": [128, 64]}.',
    });
  }
}
