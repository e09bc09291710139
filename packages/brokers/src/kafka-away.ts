import { HypersphereError } from "hypersphere";
import { BrokerAway } from "./broker.js";
import { CREDENTIALS, distrusted } from "./tls.js";

/** Of whoever was taken for dead: another one goes on in its place. */
const FENCED = /^(INVALID_PRODUCER_EPOCH|INVALID_PRODUCER_ID_MAPPING|INVALID_TXN_STATE|UNKNOWN_PRODUCER_ID)$/;
/** PRODUCER_FENCED, which kafkajs has no name for. */
const PRODUCER_FENCED = 90;
const DENIED = /_AUTHORIZATION_FAILED$|^SASL_AUTHENTICATION_FAILED$|KafkaJSSASLAuthenticationError/;
/** What Kafka refuses for good, and what to do. */
const REFUSED: readonly (readonly [RegExp, hint: string])[] = [
  [DENIED, CREDENTIALS],
  [
    /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)$/,
    "What is kept of a series, or an answer, is larger than max.message.bytes of its topic: raise that.",
  ],
  [
    /^INVALID_SESSION_TIMEOUT$/,
    "Its group.min.session.timeout.ms is above 1.2 leases, or group.max.session.timeout.ms below: choose another lease.",
  ],
  [/^POLICY_VIOLATION$/, "Make the topic by hand, with as many partitions as the one that is read."],
];

type Fault = Error & {
  readonly type?: string;
  readonly code?: unknown;
  readonly cause?: unknown;
  /** Of topics that were not made, one each. */
  readonly errors?: readonly unknown[];
};

export const isFenced = (cause: unknown): boolean =>
  reasons(cause).some(({ type, code }) => FENCED.test(type ?? "") || code === PRODUCER_FENCED);

/** Whatever is no refusal means that Kafka is away. */
export async function away<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw faultOf(cause);
  }
}

export function faultOf(cause: unknown): Error {
  if (cause instanceof HypersphereError || cause instanceof BrokerAway) return cause;
  const { message, name } = cause as Error;
  for (const fault of reasons(cause)) {
    const distrust = distrusted(fault);
    if (distrust !== undefined) return distrust;
    const what = fault.type ?? fault.name;
    const hint = REFUSED.find(([which]) => which.test(what))?.[1];
    if (hint !== undefined) return new HypersphereError("io", `Kafka refuses: ${fault.message}`, { hint });
  }
  // A mistake in a program is of no kind of its own.
  if (!/^KafkaJS/.test(name) && (cause as Fault).code === undefined) return cause as Error;
  return new BrokerAway(message, { cause });
}

/** kafkajs wraps what a server said in what it made of it. */
function reasons(cause: unknown): readonly Fault[] {
  const all: Fault[] = [];
  for (let next = cause; next instanceof Error && all.length < 5; ) {
    const fault = next as Fault;
    all.push(fault);
    next = fault.cause ?? fault.errors?.[0];
  }
  return all;
}
