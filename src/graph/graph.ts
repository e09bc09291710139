import type { Attributes, Node, Operator } from "./operator.js";
import {
  type DataType,
  elementCount,
  formatShape,
  type Shape,
  type Tensor,
  type TensorContents,
  type TensorType,
} from "./tensor.js";

/** In which form literal contents come. */
const CONTENTS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  string: Array,
};

/** Up to this many elements, equal constants are one constant. */
const SHARED_CONSTANT_SIZE = 64;

export interface NamedOutput {
  readonly name: string;
  readonly tensor: Tensor;
}

interface Shared {
  next: number;
  prefix: string;
  reproducible: boolean;
  readonly taken: Set<string>;
  readonly marks: Map<string, Tensor>;
}

/**
 * A scope of a model under construction: the main graph, or the body of a Loop.
 *
 * Two rewritings happen by construction, so that nobody has to remember them. A node goes into the outermost scope in
 * which all its inputs exist: what does not depend on the iteration leaves the loop. And the same operator applied
 * twice to the same tensors is one node.
 */
export class Graph {
  readonly parent: Graph | undefined;
  readonly depth: number;
  readonly inputs: Tensor[] = [];
  readonly outputs: NamedOutput[] = [];
  /** Named tensors with contents: weights, tables, constants. Loop bodies take theirs from the main graph. */
  readonly initializers: Tensor[] = [];
  /** In an order in which they can run. */
  readonly nodes: Node[] = [];
  readonly #shared: Shared;
  readonly #interned = new Map<string, Node>();
  readonly #constants = new Map<string, Tensor>();

  constructor(parent?: Graph) {
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.#shared =
      parent === undefined
        ? { next: 0, prefix: "", reproducible: false, taken: new Set(), marks: new Map() }
        : parent.#shared;
  }

  get root(): Graph {
    return this.parent === undefined ? this : this.parent.root;
  }

  /** Declares a value that the caller feeds. Symbolic lengths are given as names, e.g. `["rows", 30]`. */
  input(name: string, dtype: DataType, shape: Shape): Tensor {
    const tensor = this.#tensor(this.#claim(name), dtype, shape, undefined, undefined);
    this.inputs.push(tensor);
    return tensor;
  }

  /** A named tensor with contents, stored in the model file. */
  initializer(name: string, dtype: DataType, shape: Shape, contents: TensorContents): Tensor {
    if (this.parent !== undefined) return this.root.initializer(name, dtype, shape, contents);
    return this.#stored(this.#shared.prefix + name, dtype, shape, contents);
  }

  /** Names of initializers begin with `prefix` while `build` runs: parts made alike then fit into one model. */
  prefixed<T>(prefix: string, build: () => T): T {
    const before = this.#shared.prefix;
    this.#shared.prefix = before + prefix;
    try {
      return build();
    } finally {
      this.#shared.prefix = before;
    }
  }

  /**
   * What `build` adds has the same results on every platform and for any number of rows, where a runtime allows it: see
   * ops/rounding.ts. With `false`, what it adds is as fast as a runtime makes it.
   */
  reproducible<T>(build: () => T, wanted = true): T {
    const before = this.#shared.reproducible;
    this.#shared.reproducible = wanted;
    try {
      return build();
    } finally {
      this.#shared.reproducible = before;
    }
  }

  get isReproducible(): boolean {
    return this.#shared.reproducible;
  }

  /** An unnamed tensor with contents. Equal small constants are shared. */
  constant(dtype: DataType, shape: Shape, contents: TensorContents): Tensor {
    if (this.parent !== undefined) return this.root.constant(dtype, shape, contents);
    if (contents.length > SHARED_CONSTANT_SIZE) {
      return this.#stored(this.unique("constant"), dtype, shape, contents);
    }
    // Object.is semantics: -0 and 0 are different constants.
    const literals = Array.from(contents as ArrayLike<unknown>, (v) => (Object.is(v, -0) ? "-0" : String(v)));
    const key = JSON.stringify([dtype, shape, literals]);
    let tensor = this.#constants.get(key);
    if (tensor === undefined) {
      tensor = this.#stored(this.unique("constant"), dtype, shape, contents);
      this.#constants.set(key, tensor);
    }
    return tensor;
  }

  scalar(value: number, dtype: "float32" | "float64" = "float32"): Tensor {
    return this.constant(dtype, [], dtype === "float32" ? Float32Array.of(value) : Float64Array.of(value));
  }

  /** A one-dimensional int64 constant, the form in which ONNX takes axes and shapes. */
  indices(values: readonly number[]): Tensor {
    return this.constant(
      "int64",
      [values.length],
      BigInt64Array.from(values, (value) => BigInt(value)),
    );
  }

  index(value: number): Tensor {
    return this.constant("int64", [], BigInt64Array.of(BigInt(value)));
  }

  /** Applies an operator. The node may land in a scope around this one, see the class comment. */
  apply(operator: Operator, inputs: readonly Tensor[], attributes: Attributes = {}): readonly Tensor[] {
    const scope = this.#scopeOf(operator, inputs, attributes);
    let types: ReturnType<Operator["infer"]>;
    try {
      types = operator.infer(inputs, attributes);
    } catch (cause) {
      const shapes = inputs.map((input) => formatShape(input.shape)).join(", ");
      throw new TypeError(`${operator.type}(${shapes}): ${(cause as Error).message}`, { cause });
    }
    const key = interningKey(operator, inputs, attributes, types);
    const known = key === undefined ? undefined : scope.#interned.get(key);
    if (known !== undefined) return known.outputs;

    const node = { operator, inputs, attributes, outputs: [] as Tensor[] };
    for (const type of types) {
      node.outputs.push(
        scope.#tensor(scope.#claim(scope.unique(operator.type)), type.dtype, type.shape, node, undefined),
      );
    }
    scope.nodes.push(node);
    if (key !== undefined) scope.#interned.set(key, node);
    return node.outputs;
  }

  /**
   * Gives an inner value a name by which a person who looks inside of the model finds it; the file is the same with and
   * without it. Values inside of loops cannot be looked at, and are left out.
   */
  mark(name: string, tensor: Tensor): void {
    if (tensor.graph === this.root) this.#shared.marks.set(this.#shared.prefix + name, tensor);
  }

  /** The inner values that were named, by their names. */
  get marks(): ReadonlyMap<string, Tensor> {
    return this.#shared.marks;
  }

  /** Declares what the caller reads. One tensor may leave under several names. */
  output(name: string, tensor: Tensor): void {
    if (!this.#sees(tensor))
      throw new TypeError(`${name} is computed outside of the scope that it should leave.`);
    this.outputs.push({ name: this.#claim(name), tensor });
  }

  /** A name that nothing in this model has yet. */
  unique(prefix: string): string {
    for (;;) {
      const name = `${prefix}_${this.#shared.next++}`;
      if (!this.#shared.taken.has(name)) return name;
    }
  }

  /** Claims a readable name for a tensor of this model. */
  #claim(name: string): string {
    if (this.#shared.taken.has(name)) throw new TypeError(`The name ${name} is taken.`);
    this.#shared.taken.add(name);
    return name;
  }

  #stored(name: string, dtype: DataType, shape: Shape, contents: TensorContents): Tensor {
    if (elementCount(shape) !== contents.length) {
      throw new TypeError(`${name} has ${contents.length} elements, but its shape is ${formatShape(shape)}.`);
    }
    if (!(contents instanceof CONTENTS[dtype])) {
      throw new TypeError(`${name} is of ${dtype}, which is given as ${CONTENTS[dtype].name}.`);
    }
    const tensor = this.#tensor(this.#claim(name), dtype, shape, undefined, contents);
    this.initializers.push(tensor);
    return tensor;
  }

  #tensor(
    name: string,
    dtype: DataType,
    shape: Shape,
    node: Node | undefined,
    contents: TensorContents | undefined,
  ): Tensor {
    return { graph: this, name, dtype, shape, node, contents };
  }

  /** The deepest scope among the inputs: the outermost one in which all of them exist. */
  #scopeOf(operator: Operator, inputs: readonly Tensor[], attributes: Attributes): Graph {
    // A node with a body (a Loop) captures values that are not among its inputs: it stays where it was written.
    let scope: Graph = this;
    if (!Object.values(attributes).some((value) => value.kind === "graph")) {
      scope = this.root;
      for (const input of inputs) if (input.graph.depth > scope.depth) scope = input.graph;
    }
    const stranger = inputs.find((input) => !scope.#sees(input));
    if (stranger !== undefined) {
      throw new TypeError(
        `${operator.type}: ${stranger.name} belongs to another model, or to another Loop's body.`,
      );
    }
    return scope;
  }

  /** Whether a tensor exists here: in this scope or one around it. */
  #sees(tensor: Tensor): boolean {
    for (let scope: Graph | undefined = this; scope !== undefined; scope = scope.parent) {
      if (scope === tensor.graph) return true;
    }
    return false;
  }
}

/** The deepest scope among tensors that will meet in one operator. */
export function scopeOf(...tensors: readonly Tensor[]): Graph {
  const [first, ...rest] = tensors;
  if (first === undefined) throw new TypeError("An operator needs at least one tensor.");
  return rest.reduce((scope, { graph }) => (graph.depth > scope.depth ? graph : scope), first.graph);
}

function interningKey(
  operator: Operator,
  inputs: readonly Tensor[],
  attributes: Attributes,
  types: readonly TensorType[],
): string | undefined {
  if (operator.embedded !== undefined) return undefined;
  const entries = Object.entries(attributes);
  // Nor are nodes compared whose attributes are tables, such as the trees of a forest.
  if (entries.some(([, value]) => value.kind === "graph" || value.kind === "floats")) return undefined;
  return JSON.stringify([
    operator.domain ?? "",
    operator.type,
    inputs.map((input) => input.name),
    entries,
    types,
  ]);
}
