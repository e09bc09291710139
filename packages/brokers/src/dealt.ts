import { HypersphereError } from "hypersphere";
import type { Broker } from "./broker.js";

interface Asked {
  readonly partitions?: number | undefined;
  readonly decision?: { readonly forgetAfter?: number | string | undefined } | undefined;
}

/** @throws HypersphereError `invalid-option` for what brokers that deal messages out by themselves have no use for */
export function refuseOfDealt({ dealsOut }: Broker, { partitions, decision }: Asked): void {
  if (!dealsOut) return;
  if (partitions !== undefined) {
    throw new HypersphereError(
      "invalid-option",
      "--partitions was given, but over Kafka they are those of the topic.",
      {
        hint: "Leave it out.",
      },
    );
  }
  if (decision?.forgetAfter !== undefined) {
    throw new HypersphereError("invalid-option", "--forget-after is not to be had over Kafka.", {
      hint: "Leave it out: what is kept grows with the number of series alone.",
    });
  }
}

/** @throws HypersphereError `unfit-data` for one series whose steps are in partitions that have no order among each other */
export function refuseOneSeries(
  { partitions, dealsOut }: Broker,
  { isSeries, entityColumn }: { readonly isSeries: boolean; readonly entityColumn: string | undefined },
): void {
  if (!dealsOut || partitions === 1 || !isSeries || entityColumn !== undefined) return;
  throw new HypersphereError(
    "unfit-data",
    `The model is of one series, and the topic has ${partitions} partitions, which have no order among each other.`,
    { hint: "Send the steps of one series to a topic of one partition, or train with --entity-column." },
  );
}
