import { describe, expect, it } from "vitest";
import { inMemory } from "../../opened.js";
import type { ParquetChunk } from "./footer.js";
import { ReadAhead } from "./read-ahead.js";

const chunk = (start: number, end: number): ParquetChunk => ({
  start,
  end,
  meta: {} as ParquetChunk["meta"],
});
const bytes = Uint8Array.from({ length: 9 }, (_, k) => k);

function watched(failing?: number) {
  const asked: number[] = [];
  const data = {
    ...inMemory(bytes, "f"),
    slice: async (from: number, to: number) => {
      asked.push(from);
      if (from === failing) throw new Error(`no bytes from ${from} on`);
      return bytes.subarray(from, to);
    },
  };
  return { asked, ahead: new ReadAhead(data) };
}

describe("ReadAhead", () => {
  const [first, second, third] = [chunk(0, 3), chunk(3, 6), chunk(6, 9)];

  it("asks for the next chunk before it is wanted, and for each once", async () => {
    const { asked, ahead } = watched();
    expect([...(await ahead.read(first, second))]).toEqual([0, 1, 2]);
    expect(asked).toEqual([0, 3]);
    expect([...(await ahead.read(second, third))]).toEqual([3, 4, 5]);
    expect([...(await ahead.read(third, undefined))]).toEqual([6, 7, 8]);
    expect(asked).toEqual([0, 3, 6]);
  });

  it("reads another chunk than the announced one, and does not wait for that", async () => {
    const { ahead } = watched(3);
    await ahead.read(first, second);
    expect([...(await ahead.read(first, undefined))]).toEqual([0, 1, 2]);
  });

  it("tells of a failure where the chunk is wanted", async () => {
    const { ahead } = watched(3);
    await ahead.read(first, second);
    await expect(ahead.read(second, third)).rejects.toThrow("no bytes from 3 on");
  });

  it("does not hold two large chunks", async () => {
    const { asked, ahead } = watched();
    await ahead.read(first, chunk(3, 3 + 2 ** 26 + 1));
    expect(asked).toEqual([0]);
  });
});
