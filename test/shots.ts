import type { RawImage } from "../src/data/index.js";
import type { RandomStream } from "../src/math/random.js";

const SIDE = 20;

/** Grey images of as many things: a part with a surface of its own, in eighteen waves. */
export function things(count: number, random: RandomStream): RawImage[] {
  return Array.from({ length: count }, () => {
    const waves = Array.from({ length: 18 }, () => ({
      x: random.int(5) / SIDE,
      y: random.int(5) / SIDE,
      phase: random.uniform() * 2 * Math.PI,
      height: 12 * random.normal(),
    }));
    return picture((u, v) =>
      waves.reduce(
        (sum, { x, y, phase, height }) => sum + height * Math.sin(2 * Math.PI * (x * u + y * v) + phase),
        128,
      ),
    );
  });
}

/** One to `most` photographs of each thing, at least `least`, each with noise and exposure of its own. */
export function shots(
  of: readonly RawImage[],
  random: RandomStream,
  most: number,
  least = 1,
): { readonly images: RawImage[]; readonly thing: number[] } {
  const images: RawImage[] = [];
  const thing: number[] = [];
  of.forEach(({ data }, k) => {
    const number = least + (most > 1 ? random.int(most) : 0);
    for (let shot = 0; shot < number; shot++) {
      const [gain, offset] = [0.85 + 0.3 * random.uniform(), 30 * (random.uniform() - 0.5)];
      images.push(picture((u, v) => (data[v * SIDE + u]! - 128) * gain + 128 + offset + 4 * random.normal()));
      thing.push(k);
    }
  });
  return { images, thing };
}

function picture(value: (x: number, y: number) => number): RawImage {
  const data = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) data[y * SIDE + x] = Math.max(0, Math.min(255, Math.round(value(x, y))));
  }
  return { height: SIDE, width: SIDE, data };
}
