import { HypersphereError } from "hypersphere";

/**
 * The client of Kafka, which is an optional peer. Node does not find all names of its exports: they are taken of its default.
 *
 * @throws HypersphereError `io` where it is not installed
 */
export async function loadKafkajs(): Promise<typeof import("kafkajs")> {
  try {
    return ((await import("kafkajs")) as unknown as { default: typeof import("kafkajs") }).default;
  } catch (cause) {
    throw new HypersphereError("io", "Workers over Kafka need the package kafkajs.", {
      hint: "npm install kafkajs",
      cause: cause as Error,
    });
  }
}
