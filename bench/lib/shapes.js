/** Rows that fill the unit ball evenly. */
export function ball(rows, dimension, stream) {
  return directions(rows, dimension, stream).map((direction) => {
    const radius = stream.uniform() ** (1 / dimension);
    return direction.map((value) => radius * value);
  });
}

/** Rows on a sphere about the origin. */
export function sphere(rows, dimension, radius, stream) {
  return directions(rows, dimension, stream).map((direction) => direction.map((value) => radius * value));
}

/** Points of one period of a sine curve. */
export function sine(rows, stream) {
  return Array.from({ length: rows }, () => {
    const x = 2 * Math.PI * stream.uniform();
    return [x, Math.sin(x)];
  });
}

/** The same curve, half of its points moved up and half of them down. */
export function shiftedCurve(rows, displacement, stream) {
  return sine(rows, stream).map(([x, y], k) => [x, y + (k % 2 === 0 ? displacement : -displacement)]);
}

function directions(rows, dimension, stream) {
  return Array.from({ length: rows }, () => {
    const values = Array.from({ length: dimension }, () => stream.normal());
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  });
}
