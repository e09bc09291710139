// Large photographs in tiles, on the command line: peak memory and seconds of training and of scoring, and whether a small
// defect is found where it is.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { createRandom } from "../dist/math/random.js";
import { Report } from "./lib/report.js";

const report = new Report("large-images", "Large images in tiles: memory and time", {
  width: { type: "string", default: "4000" },
  height: { type: "string", default: "3000" },
  images: { type: "string", default: "30" },
  scored: { type: "string", default: "2" },
  detector: { type: "string", default: "patch-gaussian" },
  tile: { type: "string", default: "512" },
});
const { detector, tile } = report.flags;
const [width, height, images, scored] = ["width", "height", "images", "scored"].map((flag) =>
  Number(report.flags[flag]),
);
const cli = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hypersphere-large-"));

try {
  for (const part of ["train", "test"]) mkdirSync(join(folder, part));
  for (let k = 0; k < images; k++) await photograph(join(folder, "train", `${k}.png`), k, false);
  for (let k = 0; k < scored; k++) await photograph(join(folder, "test", `${k}.png`), 1000 + k, k % 2 === 1);
  const model = join(folder, "model.onnx");
  const trained = run(
    ["train", join(folder, "train"), "--detector", detector, "--tile", tile, "--out", model],
    "train",
  );
  const one = run(["score", model, join(folder, "test"), "--jsonl"], "score");
  const rows = one.output;
  report.note(
    `${images} photographs of ${width} x ${height} pixels in colour to learn from, ${scored} to score, tiles of ${tile}.`,
  );
  const size = statSync(model).size;
  report.table([
    {
      command: "train",
      seconds: trained.seconds.toFixed(1),
      "peak memory (MB)": (trained.peak / 1e6).toFixed(0),
    },
    { command: "score", seconds: one.seconds.toFixed(1), "peak memory (MB)": (one.peak / 1e6).toFixed(0) },
  ]);
  report.note(`The model has ${(size / 1e6).toFixed(1)} MB. ${rows.trim().slice(0, 600)}`);
  report.target("peak memory of scoring (bytes)", one.peak, { atMost: 2e9 });
  report.keep({ width, height, images, scored, detector, tile, train: trained.peak, score: one.peak, size });
} finally {
  rmSync(folder, { recursive: true });
}
report.end();

/** Brushed metal: fine noise along one direction on a slow gradient; a defect is a dark spot of 24 pixels. */
async function photograph(path, seed, defect) {
  const stream = createRandom(seed).stream("photograph");
  const data = Buffer.alloc(width * height * 3);
  const noise = new Float32Array(width * height);
  stream.fillNormal(noise, 0, 8);
  const [left, top] = [stream.int(width - 64), stream.int(height - 64)];
  for (let y = 0, at = 0; y < height; y++) {
    let along = 0;
    for (let x = 0; x < width; x++, at++) {
      along = 0.8 * along + noise[at];
      const spot = defect && (x - left - 32) ** 2 + (y - top - 32) ** 2 < 144 ? -60 : 0;
      const value = 120 + (20 * x) / width + along + spot;
      for (let channel = 0; channel < 3; channel++) {
        data[3 * at + channel] = Math.max(0, Math.min(255, value + 5 * channel));
      }
    }
  }
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(path);
}

/** A command, with the most memory that its process held. */
function run(args, name) {
  const peakFile = join(folder, `${name}.peak`);
  const probe = `import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(${JSON.stringify(peakFile)}, String(process.resourceUsage().maxRSS * 1024)));`;
  const begun = performance.now();
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(probe)}`, cli, ...args],
    { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" },
  );
  // Scoring says by 1 that it flagged something.
  if (status !== 0 && !(name === "score" && status === 1)) process.exit(status ?? 1);
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, peak: Number(readFileSync(peakFile, "utf8")), output: stdout };
}
