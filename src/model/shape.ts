/** Values of JSON against what the declarations of their types say. Further fields are let pass: later versions add some. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | "json"
  | { readonly is: string | number | boolean | null }
  | { readonly list: Shape }
  | { readonly record: Shape }
  | { readonly optional: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly any: readonly Shape[] }
  /** By name, among others. */
  | { readonly type: string };

export interface ShapeFault {
  /** Where, such as "schema.numeric[2].fill". */
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
}

/** The first place where a value is not of a shape; undefined where it is. Numbers have to be finite. */
export function shapeFault(
  value: unknown,
  shape: Shape,
  named: Readonly<Record<string, Shape>>,
  path = "",
): ShapeFault | undefined {
  const fault: ShapeFault = { path, value, expected: describe(shape) };
  if (typeof shape === "string") return isPlain(value, shape) ? undefined : fault;
  if ("type" in shape) return shapeFault(value, named[shape.type]!, named, path);
  if ("optional" in shape)
    return value === undefined ? undefined : shapeFault(value, shape.optional, named, path);
  if ("is" in shape) return value === shape.is ? undefined : fault;
  if ("any" in shape) return choiceFault(value, shape.any, named, fault);
  if ("list" in shape) {
    if (!Array.isArray(value)) return fault;
    return first(value.entries(), ([k, entry]) => shapeFault(entry, shape.list, named, `${path}[${k}]`));
  }
  if (!isObject(value)) return fault;
  const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
  if ("record" in shape) {
    return first(Object.entries(value), ([key, entry]) => shapeFault(entry, shape.record, named, at(key)));
  }
  return first(Object.entries(shape.fields), ([key, field]) =>
    shapeFault(Object.hasOwn(value, key) ? value[key] : undefined, field, named, at(key)),
  );
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of several alternatives that all do not fit, the one whose fault lies deepest was meant. */
function choiceFault(
  value: unknown,
  choices: readonly Shape[],
  named: Readonly<Record<string, Shape>>,
  fault: ShapeFault,
): ShapeFault | undefined {
  let meant = fault;
  for (const choice of choices) {
    const found = shapeFault(value, choice, named, fault.path);
    if (found === undefined) return undefined;
    const wrongKind = /\bkind$|\bmethod$/.test(found.path);
    if (!wrongKind && found.path.length > meant.path.length) meant = found;
  }
  return meant;
}

function first<T>(entries: Iterable<T>, fault: (entry: T) => ShapeFault | undefined): ShapeFault | undefined {
  for (const entry of entries) {
    const found = fault(entry);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPlain(value: unknown, shape: "string" | "number" | "boolean" | "json"): boolean {
  if (shape === "json") return value !== undefined;
  return shape === "number" ? Number.isFinite(value) : typeof value === shape;
}

function describe(shape: Shape): string {
  if (typeof shape === "string") return shape === "json" ? "a value" : `a ${shape}`;
  if ("is" in shape) return JSON.stringify(shape.is);
  if ("any" in shape) return [...new Set(shape.any.map(describe))].join(" or ");
  if ("list" in shape) return "a list";
  if ("optional" in shape) return describe(shape.optional);
  return "an object";
}
