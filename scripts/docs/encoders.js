import { encoders } from "../../dist/nn/encoders.js";
import { code, table } from "./markdown.js";

/** One row per encoder for rows of a kind. */
export function encoderTable(kind) {
  const rows = Object.entries(encoders)
    .filter(([, { input }]) => input === kind)
    .map(([name, { title }], k) => [code(name), `${title}${k === 0 ? " (the default)" : ""}`]);
  return table(["encoder", "what it is"], rows);
}
