import { fieldOf, streamRow } from "hypersphere";
import type { Message } from "./broker.js";

/** A message as a row for the model's stream. */
export const givenOf = ({ body, isDamaged }: Message): unknown =>
  isDamaged ? streamRow(undefined) : typeof body === "string" ? streamRow(body) : body;

/**
 * A message as a step, and of which series it is; undefined where it does not say.
 * @param column of the model, which tells series apart; undefined where all are of one
 * @param entityField where messages have it under another name
 */
export function stepOf(
  message: Message,
  column: string | undefined,
  entityField: string | undefined,
): { readonly given: unknown; readonly entity: string | undefined } {
  const given = givenOf(message);
  if (column === undefined) return { given, entity: "" };
  const field = entityField ?? column;
  // A body that is no record belongs to no series, whatever else is known of it.
  const isRecord = typeof given === "object" && given !== null && message.isDamaged !== true;
  const name = fieldOf(given, field) ?? (isRecord ? message.fields?.[field] : undefined);
  const isName = typeof name === "string" || typeof name === "number" || typeof name === "boolean";
  // A list or an object in its place is refused under the model's name for it.
  if (!isName) {
    const isNested = isRecord && typeof name === "object" && name !== null;
    return { given: isNested ? { ...given, [column]: name } : given, entity: undefined };
  }
  const entity = String(name);
  return {
    entity,
    given: ownField(given, column) === entity ? given : { ...(given as object), [column]: entity },
  };
}

export const ownField = (given: unknown, name: string): unknown =>
  typeof given === "object" && given !== null && Object.hasOwn(given, name)
    ? (given as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** Whether a message asks for the model's file to be read anew. */
export function isReload({ body }: Message): boolean {
  if (typeof body !== "string") return body["hypersphere"] === "reload";
  return /^\s*\{\s*"hypersphere"\s*:\s*"reload"\s*\}\s*$/.test(body);
}
