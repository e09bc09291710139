import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Kafka, logLevel, type Producer } from "kafkajs";

/** The mock cluster of librdkafka, of one broker. It has no isolation of transactions, and does not tell one holder of them from the next. */
const MOCK = "kcat -b none:1 -X test.mock.num.brokers=1 -P -t unused";

/** host:port of a cluster, or several with commas, that is used in its place; topics of the tests' names are deleted there. */
const CLUSTER = process.env["HYPERSPHERE_KAFKA"];

/** A cluster in memory, or a real one, whose topics have four partitions each. */
export class DrivenKafka {
  static readonly isHere = CLUSTER !== undefined || spawnSync("kcat", ["-V"]).status === 0;
  /** Kafka misses nobody sooner than after six seconds. */
  readonly leaseMs = CLUSTER === undefined ? 2500 : 5000;
  #server: ChildProcess | undefined;
  #address = "";
  #kafka: Kafka | undefined;
  #producer: Producer | undefined;
  readonly #made: string[] = [];

  async start(): Promise<void> {
    this.#address = CLUSTER ?? (await this.#mock());
    const retry = { retries: 3, initialRetryTime: 50 };
    this.#kafka = new Kafka({ brokers: this.#address.split(","), logLevel: logLevel.NOTHING, retry });
    this.#producer = this.#kafka.producer();
    await this.#producer.connect();
  }

  /** @returns its address */
  #mock(): Promise<string> {
    const [command, ...flags] = (process.env["HYPERSPHERE_KAFKA_MOCK"] ?? MOCK).split(" ");
    const server = spawn(command!, flags, { stdio: "pipe" });
    this.#server = server;
    let said = "";
    return new Promise((resolve) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.on("data", (text) => {
          said += text;
          const found = /127\.0\.0\.1:\d+/.exec(said);
          if (found !== null) resolve(found[0]);
        });
      }
    });
  }

  async end(): Promise<void> {
    await this.#producer?.disconnect();
    await this.#deleteTopics();
    this.#server?.kill("SIGKILL");
  }

  url = (topic: string): string => `kafka://${this.#address}/${topic}`;

  /** The mock makes a topic when it is asked what it knows of it. */
  async make(topic: string): Promise<void> {
    const admin = this.#kafka!.admin();
    await admin.connect();
    if (CLUSTER === undefined) await admin.fetchTopicMetadata({ topics: [topic] });
    else {
      const { brokers } = await admin.describeCluster();
      const replicationFactor = Math.min(3, brokers.length);
      // What was there before is not deleted afterwards.
      if (!(await admin.createTopics({ topics: [{ topic, numPartitions: 4, replicationFactor }] })))
        throw new Error(`The cluster has a topic "${topic}" already, expected none.`);
      this.#made.push(topic);
    }
    await admin.disconnect();
  }

  /** With what workers made beside them. */
  async #deleteTopics(): Promise<void> {
    if (this.#made.length === 0) return;
    const admin = this.#kafka!.admin();
    await admin.connect();
    const isOurs = (topic: string) =>
      this.#made.some((made) => topic === made || RegExp(`^(hypersphere\\.)?${made}\\.`).test(topic));
    await admin.deleteTopics({ topics: (await admin.listTopics()).filter(isOurs) });
    await admin.disconnect();
  }

  async send(
    topic: string,
    messages: readonly (readonly [key: string, body: string | Buffer])[],
  ): Promise<void> {
    await this.#producer!.send({ topic, messages: messages.map(([key, value]) => ({ key, value })) });
  }

  /** Listens to a topic: all of its messages so far, in the order of each partition. */
  async listen(topic: string): Promise<readonly string[]> {
    const found: string[] = [];
    const consumer = this.#kafka!.consumer({ groupId: `listener-${topic}`, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        found.push(String(message.value));
      },
    });
    this.#listeners.push(() => consumer.disconnect());
    return found;
  }

  readonly #listeners: (() => Promise<void>)[] = [];

  async deafen(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((end) => end()));
  }
}
