import { expect, test } from "vitest";
import { lineBatches } from "./line-batches.js";

async function linesOf(chunks: readonly (string | Uint8Array)[]): Promise<(string | undefined)[]> {
  async function* input() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const lines: (string | undefined)[] = [];
  for await (const batch of lineBatches(input(), { source: "<stdin>" })) lines.push(...batch);
  return lines;
}

test("lines are the same however their bytes are divided, also within a character or a mark", async () => {
  const bytes = Buffer.from('\ufeff{"a":"\u00fc\u{1f600}"}\r\n\n\ufeffb\nc');
  const whole = ['{"a":"\u00fc\u{1f600}"}', "", "\ufeffb", "c"];
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, k) =>
      bytes.subarray(k * size, (k + 1) * size),
    );
    expect(await linesOf(chunks)).toEqual(whole);
  }
});

test("a line that is no UTF-8 is undefined, and takes no other with it", async () => {
  const damaged = Buffer.concat([
    Buffer.from("a\nb\r\nx"),
    Buffer.of(0xff, 0xc3),
    Buffer.from("\n\ufffd\nd"),
  ]);
  expect(await linesOf([damaged])).toEqual(["a", "b", undefined, "\ufffd", "d"]);
  // Half a character at the end of the input.
  expect(await linesOf(["a\n", Buffer.of(0xc3)])).toEqual(["a", undefined]);
  expect(await linesOf([])).toEqual([""]);
});

test("a line of more than 16 MiB is refused", async () => {
  const part = "x".repeat(2 ** 22);
  await expect(linesOf([part, part, part, part, "x"])).rejects.toThrow(
    /<stdin>: a line has more than 16 MiB/,
  );
  expect(await linesOf([part, "\n", part])).toHaveLength(2);
});
