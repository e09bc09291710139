/** The service's API with the key of this tab. The key goes into a header and nowhere else, and is gone with the tab. */
const PLACE = "hypersphere-key";

export const storedKey = (): string | null => sessionStorage.getItem(PLACE);
export const storeKey = (key: string): void => sessionStorage.setItem(PLACE, key);
export const forgetKey = (): void => sessionStorage.removeItem(PLACE);

/** What the service says of a request that it refuses. */
export class Refusal extends Error {
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** Of a body that is a file; a model's by default. */
  readonly type?: string;
  readonly signal?: AbortSignal;
}

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A path with parameters; those that are empty are left out. */
export function withQuery(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

export const modelPath = (name: string, rest = ""): string => `/v1/models/${encodeURIComponent(name)}${rest}`;

/** @throws Refusal */
export async function ask<T>(path: string, call: Call = {}): Promise<T> {
  const answer = await send(path, call);
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  return (isJson ? await answer.json() : undefined) as T;
}

/** What is at a path, such as a picture. @throws Refusal */
export const fetchBlob = async (path: string, signal: AbortSignal): Promise<Blob> =>
  (await send(path, { signal })).blob();

/** Gives what is at a path to the browser as a file. @throws Refusal */
export async function download(path: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await (await send(path, {})).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

async function send(path: string, { method, body, type: given, signal }: Call): Promise<Response> {
  const file = body instanceof Blob;
  const type = given ?? (file ? "application/octet-stream" : "application/json");
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        Authorization: `Bearer ${storedKey() ?? ""}`,
        ...(body !== undefined && { "Content-Type": type }),
      },
      ...(body !== undefined && { body: file ? body : JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(
      0,
      "The service does not answer.",
      "Is it running, and is this machine connected to it?",
    );
  }
  if (answer.ok) return answer;
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const content = isJson ? await answer.json() : undefined;
  throw new Refusal(
    answer.status,
    content?.detail ?? `The service answered ${answer.status}.`,
    content?.hint,
  );
}
