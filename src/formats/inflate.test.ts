import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { zlibInflate } from "../io/zlib-inflate.js";
import { collect } from "./bytes.js";
import { type Inflate, InflateError, webInflate } from "./inflate.js";

async function* parts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const text = new TextEncoder().encode(
  Array.from({ length: 50_000 }, (_, k) => `${k},${Math.sin(k)}`).join("\n"),
);

describe.each<[string, Inflate]>([
  ["the web's", webInflate],
  ["Node's", zlibInflate],
])("%s decompressor", (_, inflate) => {
  it.each([
    ["gzip", gzipSync(text)],
    ["deflate-raw", deflateRawSync(text)],
  ] as const)("gives back what was compressed by %s", async (format, packed) => {
    for (const size of [1000, packed.length]) {
      const found = await collect(inflate(parts(packed, size), format));
      expect(Buffer.compare(found, text)).toBe(0);
    }
  });

  it("tells data that end early from damaged data", async () => {
    const packed = gzipSync(text);
    const failure = (bytes: Uint8Array) =>
      collect(inflate(parts(bytes, 4096), "gzip")).then(
        () => undefined,
        (error: unknown) => error,
      );
    const cut = await failure(packed.subarray(0, packed.length / 2));
    expect(cut).toBeInstanceOf(InflateError);
    expect(cut).toMatchObject({ endsEarly: true });
    const damaged = packed.slice();
    damaged.fill(0xff, 5000, 5100);
    expect(await failure(damaged)).toMatchObject({ name: "InflateError", endsEarly: false });
  });

  it("passes on what its source fails with, and lets go of it when nobody reads on", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(text).subarray(0, 100);
      throw new RangeError("no more");
    }
    await expect(collect(inflate(failing(), "gzip"))).rejects.toThrow(RangeError);
    const packed = gzipSync(text);
    let [closed, taken] = [false, 0];
    async function* counted(): AsyncGenerator<Uint8Array> {
      try {
        for await (const part of parts(packed, 2000)) {
          taken += part.length;
          yield part;
        }
      } finally {
        closed = true;
      }
    }
    for await (const part of inflate(counted(), "gzip")) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    await vi.waitFor(() => expect(closed).toBe(true));
    expect(taken).toBeLessThan(packed.length);
  });
});
