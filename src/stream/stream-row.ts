import { parseObject } from "../formats/table/jsonl-read.js";

/**
 * The row that a line of JSON holds, for a stream: whole numbers beyond 2^53 as texts, so that ids stay apart. A line that cannot
 * be parsed stays the text it is, which the stream refuses, saying why.
 */
export function streamRow(line: string): unknown {
  try {
    return parseObject(line, "<stream>", 1);
  } catch {
    return line;
  }
}
