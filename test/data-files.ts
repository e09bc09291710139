/** Files that tests of `open` read, in a folder of their own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { createRandom } from "../src/math/random.js";
import { npy } from "./e2e/npy.js";

export { npyFloats, npz } from "./e2e/npy.js";

export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<DataFolder> {
    return new DataFolder(await mkdtemp(join(tmpdir(), "hypersphere-data-")));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true });
  }

  async put(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** A PNG image of 8 x 8 pixels: dark on the left, light on the right, or the other way round, with some noise. */
  async image(name: string, { flipped = false, colour = false } = {}): Promise<string> {
    const size = 8;
    const stream = createRandom(name).stream("pixels");
    const channels = colour ? 3 : 1;
    const data = Uint8Array.from({ length: size * size * channels }, (_, k) => {
      const column = Math.floor(k / channels) % size;
      return 20 + 24 * (flipped ? size - 1 - column : column) + stream.int(20);
    });
    const image = sharp(data, { raw: { height: size, width: size, channels } });
    return this.put(
      name,
      await image
        .toColourspace(colour ? "srgb" : "b-w")
        .png()
        .toBuffer(),
    );
  }
}

/** Rows as CSV. */
export function csv(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  between = ",",
): string {
  return `${[columns, ...rows].map((row) => row.join(between)).join("\n")}\n`;
}

export const bytes = (shape: readonly number[], values: ArrayLike<number>): Uint8Array =>
  npy("|u1", shape, Uint8Array.from(values));

/** Texts of ten characters at most. */
export function texts(values: readonly string[]): Uint8Array {
  const data = Buffer.alloc(values.length * 40);
  values.forEach((value, k) => {
    [...value].forEach((letter, at) => data.writeUInt32LE(letter.codePointAt(0)!, 40 * k + 4 * at));
  });
  return npy("<U10", [values.length], data);
}

/** An IDX file of bytes, as MNIST has them. */
export function idx(shape: readonly number[], values: Uint8Array): Uint8Array {
  const sizes = Buffer.alloc(4 * shape.length);
  for (const [k, extent] of shape.entries()) sizes.writeUInt32BE(extent, 4 * k);
  return Buffer.concat([Buffer.of(0, 0, 8, shape.length), sizes, values]);
}
