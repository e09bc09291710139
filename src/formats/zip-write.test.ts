import { deflateRawSync } from "node:zlib";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { zlibInflate } from "../io/zlib-inflate.js";
import { createRandom } from "../math/random.js";
import { concatBytes } from "./bytes.js";
import { inMemory } from "./opened.js";
import { listZip, readZipEntry } from "./zip.js";
import { type ZipPart, zipArchive } from "./zip-write.js";

async function bytesOf(parts: Iterable<ZipPart>, deflate?: (bytes: Uint8Array) => Uint8Array) {
  const pieces: Uint8Array[] = [];
  for await (const piece of zipArchive(parts, deflate)) pieces.push(piece);
  return concatBytes(pieces);
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const stream = createRandom("zip").stream("noise");
const noise = Uint8Array.from({ length: 5000 }, () => stream.int(256));
const parts = [
  { name: "fleet.json", bytes: text("{}".repeat(500)) },
  { name: "models/größe.onnx", bytes: noise },
  { name: "empty", bytes: new Uint8Array() },
];

describe("a zip archive that was written", () => {
  it("is read by another implementation and by the package's own reader", async () => {
    const bytes = await bytesOf(parts, (each) => deflateRawSync(each));
    const others = unzipSync(bytes);
    expect(Object.keys(others)).toEqual(parts.map(({ name }) => name));
    const archive = inMemory(bytes, "a.zip");
    const entries = await listZip(archive);
    for (const [k, { name, bytes: expected }] of parts.entries()) {
      expect(Buffer.from(others[name]!).equals(expected)).toBe(true);
      const read = await readZipEntry({ archive, inflate: zlibInflate }, entries[k]!);
      expect(Buffer.from(read).equals(expected)).toBe(true);
    }
  });

  it("is compressed where that pays, and says nothing of when it was written", async () => {
    const bytes = await bytesOf(parts, (each) => deflateRawSync(each));
    const entries = await listZip(inMemory(bytes, "a.zip"));
    expect(entries.map(({ method }) => method)).toEqual([8, 0, 0]);
    expect(await bytesOf(parts, (each) => deflateRawSync(each))).toEqual(bytes);
  });

  it("holds more entries than the fields of old can count", async () => {
    const many = Array.from({ length: 70_000 }, (_, k) => ({
      name: `m${k}`,
      bytes: new Uint8Array([k & 255]),
    }));
    const archive = inMemory(await bytesOf(many), "many.zip");
    const entries = await listZip(archive);
    expect(entries).toHaveLength(70_000);
    const last = await readZipEntry({ archive, inflate: zlibInflate }, entries[69_999]!);
    expect([...last]).toEqual([69_999 & 255]);
  });
});
