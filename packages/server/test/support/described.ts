/** Holds what the service answers to what its description says of it: the status, the type, and the schema with no field beside it. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Description {
  readonly paths: Readonly<
    Record<string, Record<string, { readonly responses: Readonly<Record<string, Described>> }>>
  >;
  readonly components: object;
}

interface ObjectSchema {
  readonly properties?: object;
  readonly required?: readonly string[];
}

/** What a gate before all routes may say, and faults of the service itself: each route's description would repeat it. */
const ANYWHERE = new Set([408, 500, 503]);

let ajv: Ajv2020 | undefined;
let description: Description | undefined;
let routes: { readonly pattern: RegExp; readonly path: string }[] = [];

async function read(url: string): Promise<void> {
  description = (await (await fetch(`${url}/openapi.json`)).json()) as Description;
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(closed({ $id: "service", ...description }, description) as object);
  routes = Object.keys(description.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
  }));
}

/** Objects with named fields have no others; one that is another with more fields has those of both. */
function closed(schema: unknown, all: object): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one, all));
  if (typeof schema !== "object" || schema === null) return schema;
  const { allOf, ...rest } = schema as { allOf?: object[] };
  const parts = allOf?.map((one) => resolved(one, all)) ?? [];
  const merged = parts.length === 0 ? schema : { type: "object", ...rest, ...joined(parts) };
  const fields: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(merged)) fields[name] = closed(one, all);
  const named = fields.type === "object" && "properties" in fields && !("additionalProperties" in fields);
  return named ? { ...fields, additionalProperties: false } : fields;
}

const resolved = (schema: object, all: object): ObjectSchema =>
  "$ref" in schema
    ? (schema.$ref as string)
        .split("/")
        .slice(1)
        .reduce((at, part) => at[part as never] as object, all)
    : schema;

const joined = (parts: readonly ObjectSchema[]): ObjectSchema => ({
  properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
  required: parts.flatMap(({ required = [] }) => required),
});

const pointer = (parts: readonly string[]): string =>
  parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");

/** @returns what an answer has that its description does not; undefined where all is as described, or nothing is described */
export async function undescribed(
  url: string,
  asked: { readonly method: string; readonly path: string },
  answer: { readonly status: number; readonly type: string | null; readonly body: unknown },
): Promise<string | undefined> {
  if (description === undefined) await read(url);
  const method = asked.method.toLowerCase();
  const { pathname } = new URL(asked.path, url);
  const route = routes.find(
    ({ pattern, path }) => pattern.test(pathname) && method in description!.paths[path]!,
  );
  if (route === undefined || ANYWHERE.has(answer.status)) return undefined;
  const place = `${asked.method} ${route.path} ${answer.status}`;
  const described = description!.paths[route.path]![method]!.responses[answer.status];
  if (described === undefined) return `${place} is not described: ${JSON.stringify(answer.body)}`;
  const type = answer.type?.split(";")[0];
  if (described.content === undefined)
    return type ? `${place}: no content is described, not ${type}` : undefined;
  if (type === undefined || !(type in described.content))
    return `${place}: the type ${type} is not described`;
  if (!/[/+]json$/.test(type)) return undefined;
  const parts = ["paths", route.path, method, "responses", String(answer.status), "content", type, "schema"];
  const check = ajv!.getSchema(`service#/${pointer(parts)}`) as ValidateFunction;
  if (check(answer.body)) return undefined;
  const errors = check
    .errors!.slice(0, 5)
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  return `${place}: ${errors.join("; ")}`;
}
