/** Data made from a seed, for whoever has none at hand. */

import { createRandom, type RandomStream } from "hypersphere/synthesis";
import { imagesFrom, type RawImage, type Samples, samplesOf, tableFromRows } from "hypersphere/web";

const SEED = 7;

type Row = Record<string, number | string | null>;

/** A pump at changing speed: flow, pressure, power and bearing temperature follow it. */
function pumpRow(number: number, random: RandomStream): Row {
  const speed = 1450 + 120 * random.uniform();
  const flow = speed / 29 + 0.35 * random.normal();
  const pressure = (speed / 1000) ** 2 * 2.1 + 0.04 * random.normal();
  return {
    reading: number,
    site: "north",
    speed: round(speed, 1),
    flow: round(flow, 2),
    pressure: round(pressure, 3),
    power: round(flow * pressure * 0.09 + 0.15 * random.normal(), 2),
    bearing: random.uniform() < 0.03 ? null : round(41 + speed / 100 + 0.8 * random.normal(), 1),
    valve: random.uniform() < 0.6 ? "open" : "half",
  };
}

/** Faults that no column shows by itself, and some that one does. */
const faults: readonly ((row: Row, random: RandomStream) => Row)[] = [
  (row, random) => ({ ...row, flow: round((row["flow"] as number) - 3 - 2 * random.uniform(), 2) }),
  (row, random) => ({ ...row, bearing: round(66 + 6 * random.uniform(), 1) }),
  (row, random) => ({ ...row, power: round((row["power"] as number) * (1.5 + 0.3 * random.uniform()), 2) }),
  (row) => ({ ...row, valve: "stuck" }),
];

function pump(part: string): Samples {
  const training = part === "training";
  const random = createRandom(SEED).stream("pump", part);
  const count = training ? 600 : 200;
  const labels: number[] = [];
  const rows = Array.from({ length: count }, (_, k) => {
    const row = pumpRow((training ? 1 : 601) + k, random);
    const fault = !training && k % 16 === 9;
    labels.push(fault ? 1 : 0);
    return fault ? faults[Math.floor(k / 16) % faults.length]!(row, random) : row;
  });
  const table = tableFromRows(rows, { source: training ? "pump-normal" : "pump-today" });
  return samplesOf(table, training ? {} : { labels });
}

const SIDE = 128;

/** A brushed plate with four holes, each photograph with noise and light of its own. */
function plate(random: RandomStream): RawImage {
  const [dx, dy, light] = [2 * random.uniform(), 2 * random.uniform(), 0.94 + 0.12 * random.uniform()];
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y++) {
    const brushed = 5 * Math.sin(y * 0.9) + 4 * random.normal();
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = [x - 64 - dx, y - 64 - dy];
      const hole = Math.hypot(Math.abs(u) - 34, Math.abs(v) - 34);
      const outside = Math.max(Math.abs(u), Math.abs(v)) > 56;
      const grey = outside ? 38 : hole < 9 ? 52 : 150 + brushed - 0.15 * (u + v);
      const shade = grey * light + 3 * random.normal();
      for (const [k, tint] of [0.97, 1, 1.05].entries()) {
        data[(y * SIDE + x) * 3 + k] = Math.max(0, Math.min(255, Math.round(shade * tint)));
      }
    }
  }
  return { height: SIDE, width: SIDE, data };
}

function plates(part: string): Samples {
  const random = createRandom(SEED).stream("plates", part);
  if (part === "training") {
    return samplesOf(
      imagesFrom(
        Array.from({ length: 80 }, () => plate(random)),
        { source: "plates-normal" },
      ),
    );
  }
  const labels = Array.from({ length: 16 }, (_, k) => (k % 4 === 1 ? 1 : 0));
  const images = labels.map((label) => (label === 1 ? scratched(plate(random), random) : plate(random)));
  return samplesOf(imagesFrom(images, { source: "plates-today" }), { labels });
}

function scratched(image: RawImage, random: RandomStream): RawImage {
  const data = image.data.slice();
  const [x0, y0] = [44 + random.int(24), 44 + random.int(24)];
  const slope = random.uniform() - 0.5;
  for (let step = 0; step < 26; step++) {
    for (let wide = 0; wide < 3; wide++) {
      const at = ((y0 + Math.round(step * slope) + wide) * SIDE + x0 + step) * 3;
      for (let k = 0; k < 3; k++) data[at + k] = 235 - 20 * wide;
    }
  }
  return { ...image, data };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const HOUR = 3_600_000;

/** A furnace whose gas and temperature go up and down with the shifts, hour by hour. */
function furnace(part: string): File {
  const training = part === "training";
  const random = createRandom(SEED).stream("furnace", part);
  const from = Date.parse(training ? "2026-03-02T00:00:00Z" : "2026-05-04T00:00:00Z");
  const lines = ["time,gas,temperature,draught"];
  for (let step = 0; step < 24 * (training ? 40 : 12); step++) {
    const phase = (2 * Math.PI * step) / 24;
    const load = 0.6 + 0.3 * Math.sin(phase - 1) + 0.1 * Math.sin(2 * phase);
    const reading = {
      gas: 40 * load + 0.8 * random.normal(),
      temperature: 820 + 60 * load + 2 * random.normal(),
      draught: 11 + 2 * load + 0.15 * random.normal(),
    };
    if (!training) {
      // Gas that leaks, a sensor that hangs, and a fan that surges.
      if (step >= 70 && step < 76) reading.gas += 12;
      if (step >= 150 && step < 166) reading.temperature = 861;
      if (step >= 230 && step < 238) reading.draught += step % 2 === 0 ? 1.2 : -1.2;
    }
    const values = Object.values(reading).map((value) => value.toFixed(2));
    lines.push([new Date(from + step * HOUR).toISOString(), ...values].join());
  }
  return new File([lines.join("\n")], `furnace-${training ? "normal" : "later"}.csv`, { type: "text/csv" });
}

const examples: Readonly<Record<string, (part: string) => Samples | File>> = { pump, plates, furnace };

/**
 * @param name of the example and its part: pump/training, pump/later
 * @returns samples, or a file to read as others are
 */
export function example(name: string): Samples | File {
  const [which, part] = name.split("/") as [string, string];
  return examples[which]!(part);
}
