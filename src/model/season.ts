import {
  add,
  cast,
  clamp,
  div,
  equal,
  floor,
  gather,
  maximum,
  minimum,
  mul,
  sub,
  type Tensor,
  where,
} from "../graph/index.js";
import { SEASON_OFFSET, type SeasonTables, seasonSlopes } from "../scoring/index.js";
import { countBelowIn, filledUp, settled, tieBound } from "./decision.js";

/**
 * A score as it compares with the calibration scores that all parts of the season share: `seasonalScore` of
 * scoring/conformal/season.ts inside the graph.
 * @param score float32 [rows]
 * @param time float64 [rows], seconds since 1970 by the clock that the data state
 */
export function seasonalScores(score: Tensor, time: Tensor, tables: SeasonTables): Tensor {
  const { graph } = score;
  const { period, parts, own, common } = tables;
  const last = common.length - 1;
  const since = add(time, SEASON_OFFSET);
  const into = sub(since, mul(floor(div(since, period)), period));
  const part = cast(clamp(floor(div(into, period / parts)), 0, parts - 1), "int64");

  const filled = own.map(filledUp);
  const size = filled[0]!.length;
  const flat = new Float32Array(parts * size);
  filled.forEach((table, k) => flat.set(table, k * size));
  const table = graph.initializer("season.calibration", "float32", [flat.length], flat);
  const shared = graph.initializer("season.common", "float32", [common.length], common);
  const slopes = seasonSlopes(tables);
  const slope = (name: "low" | "high"): Tensor => {
    const values = Float64Array.from(slopes, (each) => each[name]);
    return gather(graph.initializer(`season.${name}`, "float64", [parts], values), part);
  };

  const below = countBelowIn(tieBound(score), table, part, size);
  const begins = mul(part, size);
  const places = [clamp(sub(below, 1), 0, last), clamp(below, 0, last)] as const;
  const [x0, x1] = places.map((place) => cast(gather(table, add(begins, place)), "float64")) as [
    Tensor,
    Tensor,
  ];
  const [y0, y1] = places.map((place) => cast(gather(shared, place), "float64")) as [Tensor, Tensor];
  const [isBelow, isAbove] = [equal(below, 0), equal(below, last + 1)];
  // Outside the table both neighbours are the same entry.
  const between = div(sub(y1, y0), where(equal(places[0], places[1]), 1, sub(x1, x0)));
  const steep = where(isBelow, slope("low"), where(isAbove, slope("high"), between));
  const value = add(y0, mul(steep, sub(cast(score, "float64"), x0)));
  const atLeast = where(isBelow, value, y0);
  const atMost = where(isAbove, value, y1);
  return settled(cast(clamp(minimum(maximum(value, atLeast), atMost), -LARGEST, LARGEST), "float32"));
}

/** Near the largest float32. */
const LARGEST = 3e38;
