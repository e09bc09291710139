import { type Case, unary } from "./case.js";

export const sequences: Case[] = [
  unary("softmax", (o, x) => o.softmax(x)),
  unary("softmax in batches", (o, x) => o.softmax(x), { inputs: { x: ["rows", 2, 3] } }),
  unary("rmsNormalize", (o, x) => o.rmsNormalize(x, 0.1), { inputs: { x: ["rows", 2, 3] } }),
  {
    name: "attention",
    inputs: { q: ["rows", 3, 2], k: ["rows", 3, 2], v: ["rows", 3, 2] },
    build: (o, { q, k, v }) => o.attention(q!, k!, v!),
  },
  unary("attention to oneself", (o, x) => o.attention(x, x, x), { inputs: { x: [2, 2, 3, 2] } }),
  unary("pad", (o, x) => o.pad(x, -1, 2, 1)),
  unary("pad of nothing", (o, x) => o.pad(x, 1, 0, 0)),
  ...[
    [7, 3, 1],
    [7, 3, 2],
    [8, 5, 2],
    [9, 3, 3],
    [9, 2, 2],
    [4, 4, 1],
  ].map(([steps, length, stride]) =>
    unary(
      `windows of ${length} of ${steps} steps at a distance of ${stride}`,
      (o, x) => o.windows(x, length!, stride),
      {
        inputs: { x: ["rows", steps!, 2] },
      },
    ),
  ),
  ...(["rows", 3] as const).flatMap((rows): Case[] => [
    {
      name: `lstm, its last state, ${rows} rows`,
      inputs: { gates: [5, rows, 8], weight: [2, 8] },
      build: (o, { gates, weight }) => o.lstm(gates!, weight!).last,
    },
    {
      name: `lstm, all states, ${rows} rows`,
      inputs: { gates: [5, rows, 8], weight: [2, 8] },
      build: (o, { gates, weight }) => o.lstm(gates!, weight!).all,
    },
  ]),
  {
    name: "lstm, both, of gates and weights with a common origin",
    inputs: { x: [5, 3, 2], weight: [2, 8] },
    build: (o, { x, weight }, _, weigh) => {
      const gates = o.reshape(o.gemm(o.reshape(x!, [15, 2]), weight!), [5, 3, 8]);
      const { last, all } = o.lstm(gates, weight!);
      return o.add(weigh(all), weigh(last));
    },
  },
];
