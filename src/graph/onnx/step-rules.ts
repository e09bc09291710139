/** What nodes make of values that windows share: for each kind of node that can be computed over steps, how. */
import { ELEMENT_TYPE } from "../element-type.js";
import type { DataType } from "../tensor.js";
import { attributeNumbers, type ForeignNode } from "./nodes.js";
import { movingMaximum, movingSum } from "./step-sums.js";
import type { StepValues } from "./step-values.js";
import {
  baseAxis,
  broadcastItems,
  isPlaces,
  itemConstant,
  product,
  progression,
  type StepView,
} from "./step-view.js";

/** Of each output what it is of the steps; undefined for one that was made window by window already. */
type Shared = readonly (StepView | undefined)[];
type Rule = (node: ForeignNode, values: StepValues) => Shared | undefined;

/** What the outputs of a node are of the steps, with the nodes that make them; undefined where the node has to see each window. */
export function sharedOutputs(node: ForeignNode, values: StepValues): Shared | undefined {
  return RULES.get(node.type)?.(node, values);
}

const one = (view: StepView | undefined): Shared | undefined => view && [view];

const COMPARISONS = ["Equal", "Greater", "GreaterOrEqual", "IsNaN", "Less", "LessOrEqual", "Not"];

/** Number by number, with constants and with each other. */
const ELEMENTWISE = [
  ...["Abs", "Add", "Cast", "Clip", "Div", "Elu", "Exp", "Floor", "HardSigmoid", "Identity", "LabelEncoder"],
  ...[
    "LeakyRelu",
    "Log",
    "Max",
    "Min",
    "Mul",
    "Neg",
    "Relu",
    "Sigmoid",
    "Sign",
    "Sqrt",
    "Sub",
    "Tanh",
    "Where",
  ],
  ...COMPARISONS,
];

const elementwise: Rule = (node, values) => {
  const views = node.inputs.flatMap((name) => values.view(name) ?? []).map((view) => flattened(view, values));
  const [first] = views;
  if (first === undefined || !views.every((view) => isAlong(view, first))) return undefined;
  const { bases, ...place } = aligned(views, values);
  let item: readonly number[] | undefined = first.item;
  for (const view of views) item = item && broadcastItems(item, view.item);
  const inputs: string[] = [];
  for (const name of node.inputs) {
    if (name === "") inputs.push(name);
    else if (values.view(name) !== undefined) inputs.push(bases.shift()!);
    else {
      const constant = constantOf(name, first, values);
      if (constant === undefined || item === undefined) return undefined;
      const { shape } = constant;
      item = broadcastItems(item, [...new Array<number>(item.length - shape.length).fill(1), ...shape]);
      inputs.push(constant.name);
    }
  }
  if (item === undefined) return undefined;
  const base = values.graph.like(node, inputs)[0]!;
  return one({ ...first, ...place, base, item, dtype: dtypeOf(node, values) });
};

/** A constant as items meet it. */
function constantOf(
  name: string,
  view: StepView,
  values: StepValues,
): { readonly name: string; readonly shape: readonly number[] } | undefined {
  const whole = values.constantShape(name);
  const stored = values.stored(name);
  const own = whole && itemConstant(view, whole, stored?.data);
  if (own === undefined) return undefined;
  const { shape, pick } = own;
  if (pick === undefined) return { name, shape };
  if (stored === undefined) return undefined;
  // The first ones are those of the first place.
  const contents = stored.data.slice(0, pick.length);
  return { name: values.graph.constant(stored.dtype, shape, contents), shape };
}

function dtypeOf(node: ForeignNode, values: StepValues): DataType | undefined {
  const { type, inputs } = node;
  if (COMPARISONS.includes(type)) return "bool";
  if (type === "Cast") {
    const [element] = attributeNumbers(node, "to") ?? [];
    return (Object.keys(ELEMENT_TYPE) as DataType[]).find((dtype) => ELEMENT_TYPE[dtype] === element);
  }
  if (type === "LabelEncoder") return undefined;
  const numbers = type === "Where" ? inputs.slice(1) : inputs;
  return numbers.map((name) => values.view(name)?.dtype).find((dtype) => dtype !== undefined);
}

/** Whether two views are of the same places of a window, in the same form. */
const isAlong = (view: StepView, other: StepView): boolean =>
  view.lead === other.lead && view.count === other.count && view.apart === other.apart;

/** Items of a flat view in one row, as the view has them. */
function flattened(view: StepView, values: StepValues): StepView {
  if (view.lead !== "flat" || view.item.length === 1) return view;
  const item = [product(view.item)];
  return { ...view, base: values.graph.reshape(view.base, [-1, ...item]), item };
}

/** Bases of views whose entries of one number belong to the same step, and which are equally long. */
function aligned(
  views: readonly StepView[],
  { graph }: StepValues,
): { bases: string[]; offset: number; lost: number } {
  const offset = Math.min(...views.map((view) => view.offset));
  const lost = Math.max(...views.map((view) => view.lost + view.offset - offset));
  const bases = views.map((view) => {
    const first = view.offset - offset;
    return graph.slice(view.base, first, lost - view.lost - first);
  });
  return { bases, offset, lost };
}

/** Other names for the same numbers, or several steps in one row. */
const reshape: Rule = ({ inputs }, values) => {
  const view = values.view(inputs[0]!)!;
  const [first, ...lengths] = values.indices(inputs[1]) ?? [];
  if (first !== -1 || lengths.length === 0 || lengths.some((length) => length < 1)) return undefined;
  const own = product(view.item);
  const size = product(lengths);
  const items = (item: readonly number[], lead: StepView["lead"]): Shared => {
    const same = item.length === view.item.length && item.every((length, k) => length === view.item[k]);
    const base = same ? view.base : values.graph.reshape(view.base, [-1, ...item]);
    return [{ ...view, base, item, lead }];
  };
  if (size === own) return items(lengths, "places");
  if (size === view.count * own) {
    if (lengths.length === 1) return items([own], "flat");
    if (lengths[0] === view.count) return items(lengths.slice(1), "windows");
    return lengths.length === 2 ? grouped(view, lengths[1]! / own, "windows", values) : undefined;
  }
  return lengths.length === 1 ? grouped(view, size / own, "places", values) : undefined;
};

/** Rows of several places that follow one another. */
function grouped(
  view: StepView,
  length: number,
  lead: StepView["lead"],
  values: StepValues,
): Shared | undefined {
  if (!Number.isInteger(length) || length < 1 || view.count % length !== 0) return undefined;
  const own = product(view.item);
  const flat = { ...view, base: values.graph.reshape(view.base, [-1, own]), item: [own] };
  const { base, lost } = beside(flat, length, 1, values);
  return [
    {
      ...{ ...flat, base, lost, lead, item: [length * own] },
      ...{ apart: view.apart * length, count: view.count / length },
    },
  ];
}

/** Entries that are `every` places apart, in one row. @param view with items of one axis */
function beside(
  { base, lost, apart }: StepView,
  length: number,
  every: number,
  { graph }: StepValues,
): Pick<StepView, "base" | "lost"> {
  const far = (length - 1) * every * apart;
  const parts = Array.from({ length }, (_, k) =>
    graph.slice(base, k * every * apart, far - k * every * apart),
  );
  return { base: graph.node("Concat", parts, { axis: 1 })[0]!, lost: lost + far };
}

/** A matrix for every place. */
const gemm: Rule = (node, values) => {
  const [x, weight, bias] = node.inputs;
  const view = values.view(x!);
  const shape = values.constantShape(weight!);
  const own = bias === undefined ? undefined : values.constantShape(bias);
  if (view?.lead !== "places" || view.item.length !== 1 || shape?.length !== 2) return undefined;
  if (bias !== undefined && !(own && (own.length < 2 || own[0] === 1))) return undefined;
  if ((attributeNumbers(node, "transA") ?? [0])[0] !== 0) return undefined;
  const [inner, width] = (attributeNumbers(node, "transB") ?? [0])[0] === 0 ? shape : shape.toReversed();
  if (inner !== view.item[0]) return undefined;
  const base = values.graph.like(node, [view.base, weight!, ...(bias === undefined ? [] : [bias])])[0]!;
  return one({ ...view, base, item: [width!] });
};

/** Windows within windows, chosen places, or entries of a table. */
const gather: Rule = (node, values) => {
  const [data, places] = node.inputs as [string, string];
  const [axis = 0] = attributeNumbers(node, "axis") ?? [];
  const view = values.view(data);
  if (view === undefined) {
    const table = values.constantShape(data);
    const chosen = values.view(places)!;
    if (axis !== 0 || table === undefined || chosen.lead === "flat") return undefined;
    const base = values.graph.like(node, [data, chosen.base])[0]!;
    return one({
      ...chosen,
      base,
      item: [...chosen.item, ...table.slice(1)],
      dtype: values.stored(data)?.dtype,
    });
  }
  const index = values.indices(places);
  const [count, length = 1] = values.constantShape(places) ?? [];
  if (view.lead !== "windows" || !isPlaces(view, axis) || index === undefined || count === undefined)
    return undefined;
  const rank = values.constantShape(places)!.length;
  if (rank > 2 || (rank === 2 && view.item.length !== 1)) return undefined;
  const along = progression(index.filter((_, k) => k % length === 0));
  const across = progression(index.slice(0, length));
  if (along === undefined || across === undefined) return undefined;
  const isGrid = index.every((place, k) => {
    return place === along[0] + Math.floor(k / length) * along[1] + (k % length) * across[1];
  });
  if (!isGrid || along[0] < 0 || Math.max(...index) >= view.count) return undefined;
  const place = { offset: view.offset + along[0] * view.apart, apart: along[1] * view.apart, count };
  if (rank === 1) return one({ ...view, ...place });
  const { base, lost } = beside(view, length, across[1], values);
  const item = [length, ...view.item];
  return one({ ...view, ...place, base: values.graph.reshape(base, [-1, ...item]), lost, item });
};

const split: Rule = (node, values) => {
  const view = values.view(node.inputs[0]!)!;
  const [axis = 0] = attributeNumbers(node, "axis") ?? [];
  const lengths = values.indices(node.inputs[1]);
  if (lengths?.length !== node.outputs.length) return undefined;
  const own = baseAxis(view, axis);
  if (own !== undefined) {
    const bases = values.graph.node(
      "Split",
      [view.base, values.graph.indices(lengths)],
      { axis: own },
      lengths.length,
    );
    return bases.map((base, k) => ({
      ...view,
      base,
      item: view.item.map((length, at) => (at === own - 1 ? lengths[k]! : length)),
    }));
  }
  const size = view.lead === "flat" ? product(view.item) : 1;
  if (!isPlaces(view, axis) || lengths.some((length) => length % size !== 0)) return undefined;
  let before = 0;
  return lengths.map((length) => {
    const part = { ...view, offset: view.offset + before * view.apart, count: length / size };
    before += length / size;
    return part;
  });
};

const concat: Rule = (node, values) => {
  const views = node.inputs.map((name) => values.view(name));
  const [axis = 0] = attributeNumbers(node, "axis") ?? [];
  const [first] = views;
  const own = first && baseAxis(first, axis);
  if (first === undefined || own === undefined) return undefined;
  const all = views.flatMap((view) => (view && isAlong(view, first) ? [view] : []));
  if (all.length < views.length) return undefined;
  const { bases, ...place } = aligned(all, values);
  const length = all.reduce((sum, { item }) => sum + item[own - 1]!, 0);
  const item = first.item.map((each, k) => (k === own - 1 ? length : each));
  return one({ ...first, ...place, base: values.graph.node("Concat", bases, { axis: own })[0]!, item });
};

/** Over what a place has, or over all places of a window. */
const reduce: Rule = (node, values) => {
  const view = flattened(values.view(node.inputs[0]!)!, values);
  const axes = values.indices(node.inputs[1]);
  if (axes?.length !== 1) return undefined;
  const kept = (attributeNumbers(node, "keepdims") ?? [1])[0] !== 0;
  const own = baseAxis(view, axes[0]!);
  const { graph } = values;
  if (own !== undefined) {
    const base = graph.like(node, [view.base, graph.indices([own])])[0]!;
    const item = view.item.flatMap((length, k) => (k !== own - 1 ? [length] : kept ? [1] : []));
    return one({ ...view, base, item });
  }
  if (!isPlaces(view, axes[0]!)) return undefined;
  const isMean = node.type === "ReduceMean";
  if (isMean && view.dtype !== "float32" && view.dtype !== "float64") return undefined;
  const isFlat = view.lead === "flat";
  const inside = isFlat
    ? graph.node(node.type, [view.base, graph.indices([1])], { keepdims: 0 })[0]!
    : view.base;
  const moving = node.type === "ReduceMax" ? movingMaximum : movingSum;
  const over = moving(graph, inside, view.count, view.apart);
  const laid = graph.node("Gather", [over, graph.places(view.offset, 1, 1)], { axis: 0 })[0]!;
  const whole = isMean ? graph.node("Div", [laid, countOf(view, values)])[0]! : laid;
  const item = isFlat ? [] : view.item;
  graph.named(kept ? graph.reshape(whole, [-1, 1, ...item]) : whole, node.outputs[0]!);
  return [undefined];
};

function countOf({ count, dtype }: StepView, { graph }: StepValues): string {
  return dtype === "float32"
    ? graph.constant("float32", [], Float32Array.of(count))
    : graph.constant("float64", [], Float64Array.of(count));
}

const RULES: ReadonlyMap<string, Rule> = new Map([
  ...ELEMENTWISE.map((type): [string, Rule] => [type, elementwise]),
  ["Reshape", reshape],
  ["Gemm", gemm],
  ["Gather", gather],
  ["Split", split],
  ["Concat", concat],
  ["ReduceMax", reduce],
  ["ReduceMean", reduce],
  ["ReduceSum", reduce],
]);
