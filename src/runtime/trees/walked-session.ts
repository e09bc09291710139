import { HypersphereError } from "../../errors.js";
import { treesApart } from "../../graph/index.js";
import { float32, refuseUnknownInputs, type Session, type TensorValue, type Values } from "../port.js";
import { type TreeWalker, treeWalker } from "./tree-walker.js";
import { walkModule } from "./walk-module.js";

/** What some trees look at costs more than to walk them where it was made for few of them, as in extended forests. */
const FEWEST_TREES = 8;
/** So few rows cost less in one run than in the two beside the walk. */
const FEWEST_ROWS = 32;

let compiled: Promise<WebAssembly.Module | undefined> | undefined;

/** Compiled once; undefined where there is no WebAssembly, or none may be compiled. */
function compiledWalk(): Promise<WebAssembly.Module | undefined> {
  compiled ??= (async () => {
    try {
      return await WebAssembly.compile(walkModule());
    } catch {
      return undefined;
    }
  })();
  return compiled;
}

/**
 * A session whose trees are walked in WebAssembly, and whose other parts run in sessions of ONNX Runtime: several times as
 * fast, with the same results to the last bit. Undefined for models without trees, for trees that cannot be walked, and where
 * there is no WebAssembly.
 * @param open makes a session of ONNX Runtime
 */
export async function walkedSession(
  model: Uint8Array,
  open: (model: Uint8Array) => Promise<Session>,
): Promise<Session | undefined> {
  const parts = treesApart(model);
  if (parts === undefined) return undefined;
  const module = await compiledWalk();
  if (module === undefined) return undefined;
  const looks: Look[] = [];
  for (const input of new Set(parts.nodes.map((node) => node.input))) {
    const places = [...parts.nodes.keys()].filter((place) => parts.nodes[place]!.input === input);
    const groups = places.map((place) => parts.nodes[place]!.trees);
    const walker = groups.flat().length < FEWEST_TREES ? undefined : treeWalker(module, groups);
    if (walker === undefined) return undefined;
    looks.push({ input, places, walker });
  }
  const before = await open(parts.before);
  try {
    const after = await open(parts.after);
    return new WalkedSession({ ...parts, before, after, whole: () => open(model) }, looks);
  } catch (error) {
    await before.release();
    throw error;
  }
}

/** A value that trees look at, and the places of their nodes among all of the model. */
interface Look {
  readonly input: string;
  readonly places: readonly number[];
  readonly walker: TreeWalker;
}

/** What a model's sessions are made of. */
interface Parts {
  readonly inputs: readonly string[];
  readonly answers: string;
  readonly before: Session;
  readonly after: Session;
  /** Makes a session of the whole model. */
  whole(): Promise<Session>;
}

class WalkedSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #parts: Parts;
  readonly #looks: readonly Look[];
  #bound: Values = {};
  #whole: Promise<Session> | undefined;

  constructor(parts: Parts, looks: readonly Look[]) {
    this.#parts = parts;
    this.#looks = looks;
    this.inputNames = parts.inputs;
    this.outputNames = parts.after.outputNames;
  }

  async bind(values: Values): Promise<void> {
    refuseUnknownInputs(this.inputNames, values);
    this.#bound = { ...this.#bound, ...values };
  }

  async run(feeds: Values, outputs?: readonly string[]): Promise<Record<string, TensorValue>> {
    refuseUnknownInputs(this.inputNames, feeds);
    const given = { ...this.#bound, ...feeds };
    const rows = Math.max(0, ...Object.values(given).map(({ shape }) => shape[0] ?? 0));
    if (rows < FEWEST_ROWS) {
      this.#whole ??= this.#parts.whole();
      return (await this.#whole).run(given, outputs);
    }
    const { before, after, answers } = this.#parts;
    const looked = await before.run(fedTo(before, given));
    const walked = { [answers]: this.#walk(looked) };
    return after.run(fedTo(after, { ...given, ...looked, ...walked }), outputs);
  }

  async release(): Promise<void> {
    const whole = await this.#whole?.catch(() => undefined);
    await Promise.all([this.#parts.before, this.#parts.after, whole].map((session) => session?.release()));
  }

  /** What all nodes answer, side by side: float32 [rows, nodes]. */
  #walk(looked: Values): TensorValue {
    const [first] = Object.values(looked);
    const rows = first!.shape[0]!;
    const width = this.#looks.reduce((sum, { places }) => sum + places.length, 0);
    const answers = new Float32Array(rows * width);
    for (const { input, places, walker } of this.#looks) {
      const value = looked[input]!;
      requireColumns(value, rows, walker.columns);
      walker.sums(value.data as Float32Array, rows, value.shape[1]!, (group, from, sums) => {
        const place = places[group]!;
        for (let row = 0; row < sums.length; row++) answers[(from + row) * width + place] = sums[row]!;
      });
    }
    return float32([rows, width], answers);
  }
}

/** Those values that a part takes. */
const fedTo = ({ inputNames }: Session, values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => inputNames.includes(name)));

/** @throws HypersphereError `runtime` */
function requireColumns({ dtype, shape }: TensorValue, rows: number, columns: number): void {
  if (dtype === "float32" && shape.length === 2 && shape[0] === rows && shape[1]! >= columns) return;
  throw new HypersphereError(
    "runtime",
    `The model's trees look at ${columns} columns of float32, but what they are given is ${dtype} of shape [${shape.join(", ")}].`,
    { hint: "The model file is damaged, or was made by another program: train the model again." },
  );
}
