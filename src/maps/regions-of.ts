import type { Region, ScoreMap } from "./regions.js";

/** Stands in until the real one is merged: one box around everything. */
export function regionsOf(
  map: ScoreMap,
  threshold: number,
  { size: { height, width } }: { calibration: Float32Array; size: { height: number; width: number } },
): Region[] {
  let [left, top, right, bottom, peak, at] = [map.width, map.height, 0, 0, -Infinity, 0];
  map.data.forEach((value, k) => {
    if (!(value > threshold)) return;
    const [x, y] = [k % map.width, Math.floor(k / map.width)];
    [left, top, right, bottom] = [
      Math.min(left, x),
      Math.min(top, y),
      Math.max(right, x + 1),
      Math.max(bottom, y + 1),
    ];
    if (value > peak) [peak, at] = [value, k];
  });
  if (right === 0) return [];
  const [sx, sy] = [width / map.width, height / map.height];
  const [l, t, r, b] = [left * sx, top * sy, right * sx, bottom * sy];
  return [
    {
      box: [l, t, r - l, b - t],
      polygons: [
        [
          [l, t],
          [r, t],
          [r, b],
          [l, b],
        ],
      ],
      area: (r - l) * (b - t),
      peak,
      at: [((at % map.width) + 0.5) * sx, (Math.floor(at / map.width) + 0.5) * sy],
      pValue: 0.5,
    },
  ];
}
