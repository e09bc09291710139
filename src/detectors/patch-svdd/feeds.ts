import { gather, reshape, type Tensor } from "../../graph/index.js";
import { float32, int64, type Values } from "../../runtime/index.js";
import type { ProgramSpec, StepContext } from "../../train/program.js";
import type { PairTensors, ViewTensors } from "./objective.js";
import { bySize, type PatchSize } from "./patch-sizes.js";
import { type CropPlan, type CropViews, DIRECTIONS } from "./view-pairs.js";

const POSITIONS = ["first", "second", "near"] as const;
const named = (name: keyof PairTensors, size: PatchSize): string => `${name}_${size}`;

/** The views and pairs of a run as data of its program: one row for each step. */
export function viewData({ sizes, side, crops, pairs }: CropPlan, channels: number): ProgramSpec["data"] {
  return Object.fromEntries([
    ["views", { dtype: "float32", shape: ["drawn", 2 * crops * channels * side * side] } as const],
    ...sizes.flatMap((size) => [
      ...POSITIONS.map(
        (name) => [named(name, size), { dtype: "int64", shape: ["drawn", crops * pairs] } as const] as const,
      ),
      [
        named("directions", size),
        { dtype: "float32", shape: ["drawn", crops * pairs * DIRECTIONS.length] } as const,
      ] as const,
    ]),
  ]);
}

/** The values of these data. */
export function viewFeeds({ views, pairs }: CropViews, steps: number): Values {
  return Object.fromEntries([
    ["views", float32([steps, views.length / steps], views)],
    ...Object.entries(pairs).flatMap(([size, own]) => [
      ...POSITIONS.map((name) => [
        named(name, size as PatchSize),
        int64([steps, own[name].length / steps], own[name]),
      ]),
      [
        named("directions", size as PatchSize),
        float32([steps, own.directions.length / steps], own.directions),
      ],
    ]),
  ]);
}

/** What a step of the program sees of them. */
export function stepViews(
  { data, rows }: Pick<StepContext, "data" | "rows">,
  { sizes, side, crops, pairs }: CropPlan,
  channels: number,
): ViewTensors {
  const own = (name: string): Tensor => gather(data.get(name)!, rows);
  const positions = (name: (typeof POSITIONS)[number], size: PatchSize): Tensor =>
    reshape(own(named(name, size)), [crops, pairs, 1]);
  return {
    views: reshape(own("views"), [2 * crops, channels, side, side]),
    pairs: bySize(sizes, (size) => ({
      first: positions("first", size),
      second: positions("second", size),
      near: positions("near", size),
      directions: reshape(own(named("directions", size)), [crops * pairs, DIRECTIONS.length]),
    })),
  };
}
