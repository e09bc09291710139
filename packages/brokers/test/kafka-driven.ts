import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Kafka, logLevel, type Producer } from "kafkajs";

/** The mock cluster of librdkafka, of one broker. It has no isolation of transactions, and does not tell one holder of them from the next. */
const MOCK = "kcat -b none:1 -X test.mock.num.brokers=1 -P -t unused";

/** A cluster in memory, whose topics have four partitions each. */
export class DrivenKafka {
  static readonly isHere = spawnSync("kcat", ["-V"]).status === 0;
  #server: ChildProcess | undefined;
  #address = "";
  #kafka: Kafka | undefined;
  #producer: Producer | undefined;

  async start(): Promise<void> {
    const [command, ...flags] = (process.env["HYPERSPHERE_KAFKA_MOCK"] ?? MOCK).split(" ");
    const server = spawn(command!, flags, { stdio: "pipe" });
    this.#server = server;
    let said = "";
    this.#address = await new Promise((resolve) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.on("data", (text) => {
          said += text;
          const found = /127\.0\.0\.1:\d+/.exec(said);
          if (found !== null) resolve(found[0]);
        });
      }
    });
    const retry = { retries: 3, initialRetryTime: 50 };
    this.#kafka = new Kafka({ brokers: [this.#address], logLevel: logLevel.NOTHING, retry });
    this.#producer = this.#kafka.producer();
    await this.#producer.connect();
  }

  async end(): Promise<void> {
    await this.#producer?.disconnect();
    this.#server?.kill("SIGKILL");
  }

  url = (topic: string): string => `kafka://${this.#address}/${topic}`;

  /** The mock makes a topic when it is asked what it knows of it. */
  async make(topic: string): Promise<void> {
    const admin = this.#kafka!.admin();
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
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
