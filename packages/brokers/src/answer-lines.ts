import { type FleetAnswer, HypersphereError, type StreamAnswer, streamLine } from "hypersphere";
import type { Message } from "./broker.js";
import { ownField } from "./message-rows.js";

/** Of a fleet, it says which model gave it. */
export type Answer = StreamAnswer & Partial<Pick<FleetAnswer, "own">>;

/** What was answered. */
interface Answered {
  readonly message: Message;
  readonly given: unknown;
  /** What it is about, where the message says so. */
  readonly name: string | undefined;
}

/** @param labels fields that answers repeat, and the model's name for what tells series apart */
export function answerLine(
  { message, given, name }: Answered,
  answer: Answer,
  labels: {
    readonly idField?: string | undefined;
    readonly entityField?: string | undefined;
    readonly column: string | undefined;
  },
): string {
  const { idField, entityField } = labels;
  const head: Record<string, unknown> = { message: message.id };
  const id = idField === undefined ? undefined : ownField(given, idField);
  if (id !== undefined) head[idField!] = id;
  if (entityField !== undefined) head[entityLabel(message, entityField, labels.column)] = name;
  return streamLine(head, answer);
}

/** What was not a field of the message is told by the model's name for it. */
const entityLabel = ({ fields }: Message, field: string, column: string | undefined): string =>
  fields !== undefined && Object.hasOwn(fields, field) ? column! : field;

export const deadLetter = ({ id, body }: Message, answer: Answer): string =>
  streamLine({ message: id, body }, answer);

/** Of a message that the model fails on. */
export const refused = (cause: unknown): StreamAnswer => ({
  kind: "refused",
  error:
    cause instanceof HypersphereError
      ? cause
      : new HypersphereError("unfit-data", `The model fails on it: ${(cause as Error).message}`, { cause }),
});
