// Images for the demo: punched washers as a camera sees them, never twice alike, some with a scratch.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import sharp from "sharp";
import { mulberry32 } from "./plant.js";

const SIDE = 48;

/** Writes train/good, test/good and test/scratch into a folder, the same images every time. */
export async function writeParts(folder, { train = 150, test = 30 } = {}) {
  const random = mulberry32(7);
  const jobs = [
    ...names("train/good", train, false),
    ...names("test/good", test, false),
    ...names("test/scratch", test, true),
  ];
  for (const { name, scratched } of jobs) {
    await mkdir(dirname(`${folder}/${name}`), { recursive: true });
    await sharp(washer(random, scratched), { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(`${folder}/${name}`);
  }
}

const names = (kind, count, scratched) =>
  Array.from({ length: count }, (_, k) => ({ name: `${kind}/${String(k).padStart(3, "0")}.png`, scratched }));

/** A bright ring on a dark belt, off centre by some pixels, under a light that changes, with noise. */
function washer(random, scratched) {
  const between = (low, high) => low + (high - low) * random();
  const [cx, cy] = [SIDE / 2 + between(-2, 2), SIDE / 2 + between(-2, 2)];
  const [outer, inner] = [between(17, 19), between(6, 8)];
  const light = between(0.85, 1.1);
  const angle = between(0, Math.PI);
  const [sx, sy] = [Math.cos(angle), Math.sin(angle)];
  const offset = between(9, 13);
  const pixels = Buffer.alloc(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const radius = Math.hypot(x - cx, y - cy);
      const metal = radius > inner && radius < outer;
      const across = Math.abs((x - cx) * sy - (y - cy) * sx - offset);
      const along = Math.abs((x - cx) * sx + (y - cy) * sy);
      const scratch = scratched && metal && across < 1 && along < 9;
      const bright = (metal ? (scratch ? 90 : 185) : 40) + 8 * (random() + random() + random() - 1.5);
      pixels[y * SIDE + x] = Math.max(0, Math.min(255, Math.round(light * bright)));
    }
  }
  return pixels;
}
