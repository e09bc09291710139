// A simulated production line, minute by minute, for the demo: correlated sensors, a recipe and a line, some
// missing values. The history is normal; the day that follows has faults of five kinds, each named in a column.

/** Columns of the table, in their order. `fault` is in the second table only. */
export const COLUMNS = [
  "time",
  "line",
  "recipe",
  "feed_flow",
  "pump_speed",
  "motor_current",
  "valve_opening",
  "reactor_temp",
  "jacket_temp",
  "pressure",
  "ph",
  "vibration",
];

const RECIPES = [
  { name: "R1", flow: 1.0, temperature: 66, ph: 6.8 },
  { name: "R2", flow: 0.85, temperature: 72, ph: 7.2 },
  { name: "R3", flow: 1.1, temperature: 61, ph: 6.4 },
];

/** Faults of the second table: from which minute of the day, for how long, and what they do to a row. */
const FAULTS = [
  {
    name: "stuck sensor",
    from: 190,
    minutes: 50,
    apply: (row, { before }) => ({ ...row, motor_current: before.motor_current }),
  },
  {
    name: "drift",
    from: 430,
    minutes: 90,
    apply: (row, { minute }) => ({ ...row, jacket_temp: row.jacket_temp + 0.05 * minute }),
  },
  {
    name: "broken correlation",
    from: 745,
    minutes: 30,
    // A leak: a tenth of the flow is lost behind the pump. Every value alone stays within its usual range.
    apply: (row) => ({ ...row, feed_flow: row.feed_flow * 0.9 }),
  },
  { name: "unseen category", from: 965, minutes: 12, apply: (row) => ({ ...row, recipe: "R9" }) },
  {
    name: "spike",
    from: 1170,
    minutes: 5,
    apply: (row) => ({ ...row, vibration: row.vibration * 2.5 }),
  },
];

/** @returns {{ history: object[], today: object[] }} rows; missing values are null, every row of `today` has `fault` */
export function simulatePlant({ days = 14, seed = 1 } = {}) {
  const random = mulberry32(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const plant = { load: 0, temperature: 0, recipe: RECIPES[0], line: "A", minutesLeft: 0 };
  const start = Date.UTC(2026, 2, 2);
  const history = Array.from({ length: days * 1440 }, (_, minute) =>
    step(plant, minute, start, random, normal),
  );

  const today = [];
  let before;
  for (let minute = 0; minute < 1440; minute++) {
    const healthy = step(plant, days * 1440 + minute, start, random, normal);
    const fault = FAULTS.find(({ from, minutes }) => minute >= from && minute < from + minutes);
    if (fault === undefined || minute === fault.from) before = healthy;
    const row = fault === undefined ? healthy : fault.apply(healthy, { before, minute: minute - fault.from });
    today.push({ ...row, fault: fault?.name ?? "none" });
  }
  return { history, today };
}

/** One minute of healthy operation. Nearly everything follows the load and the recipe. */
function step(plant, minute, start, random, normal) {
  if (plant.minutesLeft === 0) {
    plant.recipe = RECIPES[Math.floor(random() * RECIPES.length)];
    plant.line = random() < 0.6 ? "A" : "B";
    plant.minutesLeft = 120 + Math.floor(random() * 180);
  }
  plant.minutesLeft--;
  plant.load = 0.9 * plant.load + 0.04 * normal();
  plant.temperature = 0.95 * plant.temperature + 0.15 * normal();

  const { recipe, line } = plant;
  const load = 0.8 + 0.12 * Math.sin((2 * Math.PI * minute) / 1440) + plant.load;
  const flow = 50 * load * recipe.flow;
  const reactor = recipe.temperature + 5 * load + plant.temperature;
  const optional = (share, value) => (random() < share ? null : value);
  return {
    time: new Date(start + minute * 60_000).toISOString(),
    line,
    recipe: recipe.name,
    feed_flow: flow + 0.5 * normal(),
    pump_speed: 600 + 21 * flow + 12 * normal(),
    motor_current: 6 + (line === "A" ? 0.3 : 0.33) * flow + 0.2 * normal(),
    valve_opening: 100 * Math.sqrt(Math.max(0, flow) / 80) + 0.8 * normal(),
    reactor_temp: reactor + 0.15 * normal(),
    jacket_temp: reactor - 6 - 7 * load + 0.25 * normal(),
    pressure: 1.5 + 0.025 * (reactor - 60) + 0.015 * flow + 0.02 * normal(),
    ph: optional(0.02, recipe.ph + 0.05 * normal()),
    vibration: optional(0.01, (0.8 + 0.9 * load * load) * Math.exp(0.08 * normal())),
  };
}

/** CSV as any tool would write it: missing values are empty cells. */
export function toCsv(columns, rows) {
  const cell = (value) => (typeof value === "number" ? String(Number(value.toPrecision(6))) : (value ?? ""));
  return `${[columns, ...rows.map((row) => columns.map((name) => cell(row[name])))].map((cells) => cells.join(",")).join("\n")}\n`;
}

/** A small seeded generator (Tommy Ettinger's mulberry32), so that the demo shows everyone the same plant. */
export function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
