/**
 * A prototype: isolation trees walked in WebAssembly, level by level and without branches. Each tree is filled up to a
 * complete one, so that every row takes the same number of steps through it: what a step costs is then its
 * instructions, and not the processor's wrong guesses about which way a row turns.
 */

const I32 = 0x7f;
/** Rows that are walked through a tree side by side: while one of them waits for memory, the others go on. */
const SIDE_BY_SIDE = 8;
const [GET, SET, LOAD_I, LOAD_F, STORE_F, CONST] = [0x20, 0x21, 0x28, 0x2a, 0x38, 0x41];
const [ADD, SUB, SHL, LESS, LE_F, ADD_F] = [0x6a, 0x6b, 0x74, 0x48, 0x5f, 0x92];

/** LEB128, signed. */
function leb(value) {
  const bytes = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
/** LEB128 of lengths and numbers of things. */
function count(value) {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...count(value >> 7)];
}
const vector = (items) => [...count(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...count(bytes.length), ...bytes];

/**
 * walk(x, xEnd, stride, nodes, leaves, out): adds a tree's answer for each row to out. A node is the byte offset of its
 * feature (i32) and its threshold (f32); the root is the one with number 1. All parameters are addresses in bytes.
 */
function moduleBytes(depth) {
  const [X, END, STRIDE, NODES, LEAVES, OUT, NODE, AT] = [0, 1, 2, 3, 4, 5, 6, 7];
  const ROW = AT + SIDE_BY_SIDE;
  const get = (local) => [GET, local];
  const set = (local) => [SET, local];
  const number = (value) => [CONST, ...leb(value)];
  const lanes = Array.from({ length: SIDE_BY_SIDE }, (_, lane) => lane);
  // The node's address, and the next number: twice the number, and one more unless the value is at most the threshold.
  const step = (lane) => [
    ...[...get(NODES), ...get(AT + lane), ...number(3), SHL, ADD, ...set(NODE)],
    ...[...get(AT + lane), ...number(1), SHL, ...number(1), ADD],
    ...[...get(ROW + lane), ...get(NODE), LOAD_I, 2, 0, ADD, LOAD_F, 2, 0],
    ...[...get(NODE), LOAD_F, 2, 4, LE_F, SUB, ...set(AT + lane)],
  ];
  const begin = (lane) => [
    ...[...number(1), ...set(AT + lane)],
    ...[...get(X), ...set(ROW + lane), ...get(X), ...get(STRIDE), ADD, ...set(X)],
  ];
  const answer = (lane) => [
    ...[...get(OUT), ...get(OUT), LOAD_F, 2, 4 * lane],
    ...[...get(LEAVES), ...get(AT + lane), ...number(2), SHL, ADD, LOAD_F, 2, 0, ADD_F, STORE_F, 2, 4 * lane],
  ];
  const body = [
    ...[0x03, 0x40],
    ...lanes.flatMap(begin),
    ...Array.from({ length: depth }, () => lanes.flatMap(step)).flat(),
    ...lanes.flatMap(answer),
    ...[...get(OUT), ...number(4 * SIDE_BY_SIDE), ADD, ...set(OUT)],
    ...[...get(X), ...get(END), LESS, 0x0d, 0],
    ...[0x0b, 0x0b],
  ];
  const code = [...vector([[...count(1 + 2 * SIDE_BY_SIDE), I32]]), ...body];
  const name = (text) => vector([...text].map((letter) => [letter.charCodeAt(0)]));
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...vector(Array(6).fill([I32])), ...vector([])]])),
    ...section(2, vector([[...name("env"), ...name("memory"), 2, 0, 1]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...name("walk"), 0, 0]])),
    ...section(10, vector([[...count(code.length), ...code]])),
  ]);
}

/** Fills a tree up to a complete one: a leaf above the last level becomes nodes that all lead to its value. */
function complete(tree, depth) {
  const size = 2 ** depth;
  const [offset, threshold] = [new Int32Array(size), new Float32Array(size)];
  const leaves = new Float32Array(2 * size);
  const fill = (number, node, level) => {
    const leaf = tree.feature[node] < 0;
    if (level === depth) {
      leaves[number] = tree.value[node];
      return;
    }
    offset[number] = leaf ? 0 : 4 * tree.feature[node];
    threshold[number] = leaf ? Number.POSITIVE_INFINITY : tree.threshold[node];
    fill(2 * number, leaf ? node : tree.left[node], level + 1);
    fill(2 * number + 1, leaf ? node : tree.right[node], level + 1);
  };
  fill(1, 0, 0);
  return { offset, threshold, leaves };
}

/** Rows that all trees see before the next, a multiple of those side by side: they stay in the first-level cache, as does a tree. */
const BLOCK = 256;

/**
 * @param trees as the library grows them, of at most `depth` levels
 * @returns from float32 [rows, columns] to the sums of path lengths, float64 [rows]
 */
export function walker(trees, depth, columns) {
  const size = 2 ** depth;
  const treeBytes = 8 * size;
  const leafBytes = 8 * size;
  const [rowsAt, sumsAt] = [0, 4 * BLOCK * columns];
  const nodesAt = Math.ceil((sumsAt + 4 * BLOCK) / 64) * 64;
  const leavesAt = nodesAt + trees.length * treeBytes;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((leavesAt + trees.length * leafBytes) / 65_536),
  });
  const module = new WebAssembly.Module(moduleBytes(depth));
  const { walk } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const [floats, integers] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)];
  trees.forEach((tree, k) => {
    const { offset, threshold, leaves } = complete(tree, depth);
    for (let node = 0; node < size; node++) {
      integers[(nodesAt + k * treeBytes) / 4 + 2 * node] = offset[node];
      floats[(nodesAt + k * treeBytes) / 4 + 2 * node + 1] = threshold[node];
    }
    floats.set(leaves, (leavesAt + k * leafBytes) / 4);
  });
  return (data) => {
    const rows = data.length / columns;
    const sums = new Float64Array(rows);
    const own = floats.subarray(sumsAt / 4, sumsAt / 4 + BLOCK);
    for (let from = 0; from < rows; from += BLOCK) {
      const to = Math.min(rows, from + BLOCK);
      floats.set(data.subarray(from * columns, to * columns), rowsAt / 4);
      // Eight path lengths are added up in float32, where their sum is exact.
      for (let first = 0; first < trees.length; first += 8) {
        own.fill(0);
        for (let k = first; k < Math.min(trees.length, first + 8); k++) {
          const end = rowsAt + 4 * columns * (to - from);
          walk(rowsAt, end, 4 * columns, nodesAt + k * treeBytes, leavesAt + k * leafBytes, sumsAt);
        }
        for (let row = from; row < to; row++) sums[row] += own[row - from];
      }
    }
    return sums;
  };
}
