/** Small data of every kind, with anomalies that get stronger: what the contract is checked on. */
import {
  type Dataset,
  imagesFrom,
  seriesFromTable,
  type Table,
  tableFromColumns,
} from "../../src/data/index.js";
import { selectSamples } from "../../src/features/index.js";
import type { RandomStream } from "../../src/math/random.js";

export interface Plant {
  readonly training: Dataset;
  readonly normal: Dataset;
  readonly mild: Dataset;
  readonly strong: Dataset;
}

/** Four sensors that follow two hidden causes, and a mode of operation; `shift` moves the sensors from each other. */
export function machine(rowCount: number, stream: RandomStream, shift = 0): Table {
  const columns = {
    a: new Float64Array(rowCount),
    b: new Float64Array(rowCount),
    c: new Float64Array(rowCount),
  };
  const d = new Float64Array(rowCount);
  const mode: string[] = [];
  for (let row = 0; row < rowCount; row++) {
    const [load, heat] = [stream.normal(), stream.normal()];
    columns.a[row] = 20 + 3 * load + 0.3 * stream.normal() + 3 * shift;
    columns.b[row] = 500 - 40 * load + 4 * stream.normal() + 40 * shift;
    columns.c[row] = 0.02 * heat + 0.002 * stream.normal() - 0.02 * shift;
    d[row] = 7 + heat + load + 0.1 * stream.normal() + shift;
    mode.push(load > 0 ? "high" : "low");
  }
  return tableFromColumns({ ...columns, d, mode }, "plant.csv");
}

/** Two swings a quarter of a turn apart, and whether the first is up; `haste` is how fast they run. */
function swings(steps: number, stream: RandomStream, haste = 1): Dataset {
  let phase = 6 * stream.uniform();
  const rows = Array.from({ length: steps }, () => {
    phase += 0.4 * haste;
    return [Math.sin(phase), Math.cos(phase)].map((value) => value + 0.1 * stream.normal());
  });
  const table = tableFromColumns(
    {
      level: rows.map(([level]) => level!),
      flow: rows.map(([, flow]) => flow!),
      side: rows.map(([level]) => (level! > 0 ? "up" : "down")),
    },
    "swings.csv",
  );
  return seriesFromTable(table, { window: 10, stride: 4 });
}

/** Stripes of 8 x 8 pixels, upright but for a share of `lying` ones. */
function stripes(count: number, stream: RandomStream, lying = 0): Dataset {
  const bright = (place: number): number => (place % 4 < 2 ? 60 : 160);
  const data = Uint8Array.from({ length: count * 64 }, (_, at) => {
    const [x, y] = [at % 8, Math.floor(at / 8) % 8];
    return (1 - lying) * bright(x) + lying * bright(y) + 60 * stream.uniform();
  });
  return imagesFrom({ data, count, height: 8, width: 8, channels: 1 }, { source: "stripes" });
}

/** By the name of the kind. A test asks for an entry for every kind that there is. */
export const plants: Readonly<Record<string, (streamOf: (part: string) => RandomStream) => Plant>> = {
  table: (streamOf) => ({
    training: machine(160, streamOf("training")),
    normal: machine(60, streamOf("normal")),
    mild: machine(30, streamOf("mild"), 1.5),
    strong: machine(30, streamOf("strong"), 5),
  }),
  series: (streamOf) => ({
    training: swings(640, streamOf("training")),
    normal: swings(240, streamOf("normal")),
    mild: swings(120, streamOf("mild"), 1.6),
    strong: swings(120, streamOf("strong"), 3),
  }),
  images: (streamOf) => ({
    training: stripes(120, streamOf("training")),
    normal: stripes(60, streamOf("normal")),
    mild: stripes(30, streamOf("mild"), 0.4),
    strong: stripes(30, streamOf("strong"), 1),
  }),
};

export const firstRows = (data: Dataset, count: number): Dataset =>
  selectSamples(
    data,
    Uint32Array.from({ length: count }, (_, row) => row),
  );
