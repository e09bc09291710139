/** What is known of a model's values while it is rewritten from windows to steps. */
import type { DataType } from "../tensor.js";
import { constantShapes } from "./constant-shapes.js";
import type { DecodedTensor } from "./decode.js";
import type { ForeignNode } from "./nodes.js";
import { StepGraph } from "./step-graph.js";
import { lengthsOf, product, type StepView } from "./step-view.js";

export class StepValues {
  readonly graph: StepGraph;
  /** What a step of each input has, which had it of all steps of a window. */
  readonly inputs = new Map<string, { readonly dtype: DataType; readonly width: number }>();
  readonly #views = new Map<string, StepView>();
  readonly #laidOut = new Set<string>();
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #contents = new Map<string, DecodedTensor>();
  #perWindow = 1;
  #perStep = 1;

  private constructor(graph: StepGraph) {
    this.graph = graph;
  }

  /** Undefined where no input is of windows of several steps, or they have different ones. */
  static of(graph: StepGraph): StepValues | undefined {
    const values = new StepValues(graph);
    const names = [
      ...graph.given.initializers.keys(),
      ...graph.given.nodes.flatMap(({ outputs }) => outputs),
    ];
    if (names.some(StepGraph.isAdded)) return undefined;
    const counts = new Set<number>();
    for (const { name, dtype, shape } of graph.decoded.inputs) {
      const [rows, count, width, ...more] = shape;
      if (typeof rows !== "string" || typeof count !== "number" || typeof width !== "number") continue;
      if (dtype === undefined || more.length > 0 || width < 1 || graph.given.initializers.has(name)) continue;
      counts.add(count);
      values.inputs.set(name, { dtype, width });
      values.set(name, {
        ...{ base: name, lost: 0, offset: 0, apart: 1, count },
        ...{ item: [width], lead: "windows", dtype },
      });
    }
    return counts.size === 1 && !counts.has(1) ? values : undefined;
  }

  get perWindow(): number {
    return this.#perWindow;
  }

  get perStep(): number {
    return this.#perStep;
  }

  view(name: string): StepView | undefined {
    return this.#views.get(name);
  }

  /** @param view undefined for a value that is there under its name */
  set(name: string, view: StepView | undefined): void {
    if (view === undefined) return;
    this.#views.set(name, view);
    this.#perStep = Math.max(this.#perStep, product(view.item));
  }

  /** A tensor that the model stores; undefined for other values. */
  stored(name: string): DecodedTensor | undefined {
    if (!this.graph.given.initializers.has(name)) return undefined;
    let found = this.#contents.get(name);
    if (found === undefined) {
      found = this.graph.decoded.initializer(name);
      this.#contents.set(name, found);
    }
    return found;
  }

  /** Numbers of a tensor of int64 that the model stores. */
  indices(name: string | undefined): readonly number[] | undefined {
    const tensor = name === undefined ? undefined : this.stored(name);
    return tensor?.dtype === "int64" ? Array.from(tensor.data as BigInt64Array, Number) : undefined;
  }

  /** The lengths of a value that depends on no input, where they are known. */
  constantShape(name: string): readonly number[] | undefined {
    return this.#shapes.get(name) ?? this.stored(name)?.shape;
  }

  /** Hears of a node that is taken over as it is: of its result where it comes from constants alone. */
  note(node: ForeignNode): void {
    const shape = node.inputs[0] === undefined ? undefined : this.constantShape(node.inputs[0]);
    const shapes = shape && constantShapes(node, shape, (name) => this.indices(name));
    shapes?.forEach((each, k) => this.#shapes.set(node.outputs[k]!, each));
  }

  /** Makes a value window by window, under its own name, for whoever cannot take it from the steps. */
  layOut(name: string): void {
    if (this.#laidOut.has(name)) return;
    this.#laidOut.add(name);
    const view = this.#views.get(name)!;
    const { base, offset, apart, count, lead } = view;
    const places = this.graph.places(offset, apart, count);
    const laid = this.graph.node("Gather", [base, places], { axis: 0 })[0]!;
    const asItIs = lead === "windows" && count > 1;
    this.graph.named(asItIs ? laid : this.graph.reshape(laid, [-1, ...lengthsOf(view)]), name);
    this.#perWindow = Math.max(this.#perWindow, count * product(view.item));
  }
}
