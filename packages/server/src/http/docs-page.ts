import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "./services.js";

type Document = ReturnType<OpenAPIHono<Env>["getOpenAPI31Document"]>;

const METHODS = ["get", "post", "put", "delete"] as const;

/** The page has no script, and takes nothing from elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The API's description, for programs at /openapi.json and for people at /docs. */
export function docsRoutes(app: OpenAPIHono<Env>, document: Document): void {
  const page = pageOf(document);
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/docs", (c) => c.html(page, 200, { "Content-Security-Policy": POLICY }));
  app.get("/docs/style.css", (c) => c.body(STYLE, 200, { "Content-Type": "text/css; charset=utf-8" }));
}

function pageOf({ info, paths = {}, components }: Document): string {
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
  const tags = [...new Set(routes.map(({ operation }) => operation.tags?.[0] ?? "Other"))];
  const sections = tags.map((tag) => {
    const own = routes.filter(({ operation }) => (operation.tags?.[0] ?? "Other") === tag);
    return `<section><h2>${escaped(tag)}</h2>${own.map(routeOf).join("")}</section>`;
  });
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary>${escaped(name)}</summary>${jsonOf(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} ${escaped(info.version)}: API</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>${escaped(info.title)} ${escaped(info.version)}</h1><p>${escaped(info.description ?? "")}</p>
<p>Send a key with each request: <code>Authorization: Bearer hs_...</code>. For programs: <a href="/openapi.json">openapi.json</a>
(OpenAPI 3.1). Errors are problem details (RFC 9457).</p>
${sections.join("\n")}<section><h2>Schemas</h2>${schemas.join("\n")}</section></main></body></html>`;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses?: unknown;
}

function routeOf({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: Operation;
}): string {
  const { summary = "", description, parameters = [], requestBody, responses = {} } = operation;
  const described = (parameters as readonly Parameter[]).map(
    ({ name, in: place, required, description: text, schema }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${escaped(place)}${required ? "" : ", optional"}</td>` +
      `<td>${escaped(text ?? schema?.description ?? "")}</td></tr>`,
  );
  const answers = Object.entries(responses as Record<string, { description?: string }>).map(
    ([status, answer]) => `<tr><td>${escaped(status)}</td><td>${escaped(answer.description ?? "")}</td></tr>`,
  );
  const body = (requestBody as { content?: object } | undefined)?.content;
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escaped(path)}</code> ${escaped(summary)}</summary>
${description === undefined ? "" : `<p>${escaped(description)}</p>`}
${described.length === 0 ? "" : `<h3>Parameters</h3><table>${described.join("")}</table>`}
${body === undefined ? "" : `<h3>Body</h3>${jsonOf(body)}`}
<h3>Answers</h3><table>${answers.join("")}</table>${jsonOf(responses)}</details>`;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: { readonly description?: string };
}

const jsonOf = (value: unknown): string => `<pre>${escaped(JSON.stringify(value, undefined, 2))}</pre>`;

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
summary { cursor: pointer; padding: 0.3rem 0; }
b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; }
td { padding: 0.1rem 1rem 0.1rem 0; vertical-align: top; }
pre { overflow: auto; max-height: 24rem; padding: 0.5rem; border: 1px solid GrayText; font-size: 0.85rem; }
details > :not(summary) { margin-left: 1rem; }
`;
