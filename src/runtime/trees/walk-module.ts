import { type Code, f32, i32, local, moduleOf, repeated } from "./assembler.js";

/** Rows that are walked through a tree side by side: while one of them waits for memory, the others go on. */
export const SIDE_BY_SIDE = 8;

/**
 * Adds what a complete tree answers for each of some rows to their sums. All addresses are in bytes.
 * @param row address of the first row, float32
 * @param rowsEnd address behind the last one; so many rows are looked at that their number is a multiple of `SIDE_BY_SIDE`
 * @param stride bytes of a row
 * @param nodes eight bytes for each node: of the column that it looks at, the distance from the start of the row (i32), and
 * its threshold (f32). The root has number 1, and node n the children 2n and 2n + 1. Number 0 does not exist.
 * @param leaves what the leaves answer, float32, numbered like nodes of a last level: where number 0 would be
 * @param sum address of the first row's sum, float32
 * @param depth steps from the root to a leaf, at least one
 */
export type Walk = (
  row: number,
  rowsEnd: number,
  stride: number,
  nodes: number,
  leaves: number,
  sum: number,
  depth: number,
) => void;

const PARAMETERS = 7;
const [ROW, ROWS_END, STRIDE, NODES, LEAVES, SUM, DEPTH] = [0, 1, 2, 3, 4, 5, 6];
const NODE = PARAMETERS;
const LEVEL = NODE + 1;
/** Of each row side by side, the number of the node that it has come to, and its address. */
const AT = LEVEL + 1;
const OWN_ROW = AT + SIDE_BY_SIDE;
const LOCALS = OWN_ROW + SIDE_BY_SIDE - PARAMETERS;
const lanes = Array.from({ length: SIDE_BY_SIDE }, (_, lane) => lane);

/** local := local + value */
const increased = (index: number, value: Code): Code => [
  ...[local.get(index), value, i32.add, local.set(index)].flat(),
];

const begin = (lane: number): Code =>
  [
    ...[i32.const(1), local.set(AT + lane)],
    ...[local.get(ROW), local.set(OWN_ROW + lane)],
    increased(ROW, local.get(STRIDE)),
  ].flat();

/**
 * To the left child where the row's value is at most the threshold, else to the right one: 2n + 1 - (value <= threshold). A
 * value that is not a number goes right, as in ONNX. There is no branch that the processor could guess wrongly.
 */
const step = (lane: number): Code =>
  [
    ...[local.get(NODES), local.get(AT + lane), i32.const(3), i32.shl, i32.add, local.set(NODE)],
    ...[local.get(AT + lane), i32.const(1), i32.shl, i32.const(1), i32.add],
    ...[local.get(OWN_ROW + lane), local.get(NODE), i32.load(0), i32.add, f32.load(0)],
    ...[local.get(NODE), f32.load(4), f32.le],
    ...[i32.sub, local.set(AT + lane)],
  ].flat();

const answer = (lane: number): Code =>
  [
    ...[local.get(SUM), local.get(SUM), f32.load(4 * lane)],
    ...[local.get(LEAVES), local.get(AT + lane), i32.const(2), i32.shl, i32.add, f32.load(0)],
    ...[f32.add, f32.store(4 * lane)],
  ].flat();

/** Encodes the module that exports `walk`, a {@link Walk}. */
export const walkModule = (): Uint8Array<ArrayBuffer> =>
  moduleOf("walk", PARAMETERS, LOCALS, [
    repeated(
      [
        ...lanes.map(begin),
        ...[local.get(DEPTH), local.set(LEVEL)],
        repeated([...lanes.map(step), increased(LEVEL, i32.const(-1))], [local.get(LEVEL)]),
        ...lanes.map(answer),
        increased(SUM, i32.const(4 * SIDE_BY_SIDE)),
      ],
      [local.get(ROW), local.get(ROWS_END), i32.ltU],
    ),
  ]);
