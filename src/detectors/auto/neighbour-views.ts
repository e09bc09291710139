import type { FeatureMatrix } from "../../features/index.js";
import { logFloor, standardisation } from "../../nn/standardisation.js";
import type { Neighbourhood } from "./neighbours.js";
import type { NeighbourPart } from "./parts.js";

/** Both views by neighbours, standardised on training rows that are each left out of their own neighbourhood. */
export function neighbourViews(
  { rows, columns, data }: FeatureMatrix,
  { k, distances, indices }: Neighbourhood,
) {
  const nearest = Float64Array.from({ length: rows }, (_, row) => distances[row * k]!);
  const reach = Float64Array.from({ length: rows }, (_, row) => distances[row * k + k - 1]!);
  const local = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let place = 0; place < k; place++) sum += reach[indices[row * k + place]!]!;
    return sum / k;
  });
  const part: NeighbourPart = {
    references: data,
    columns,
    k,
    reach: Float32Array.from(reach),
    nearestFloor: logFloor(nearest),
    reachFloor: logFloor(reach),
    localFloor: logFloor(local),
  };
  return {
    part,
    nearest: standardisation(nearest.map((value) => Math.log(value + part.nearestFloor))),
    relative: standardisation(
      reach.map((value, row) => Math.log(value + part.reachFloor) - Math.log(local[row]! + part.localFloor)),
    ),
  };
}
