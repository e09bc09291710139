import { createServer, type Server } from "node:http";
import { HypersphereError } from "hypersphere";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What --metrics-port shows, in the form of Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  readonly messages = new Counter({
    name: "hypersphere_stream_messages_total",
    help: "Messages answered.",
    labelNames: ["outcome"] as const,
    registers: [this.registry],
  });
  readonly batches = new Histogram({
    name: "hypersphere_stream_batch_seconds",
    help: "Time from messages that were read to their answers being kept.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly partitions = new Gauge({
    name: "hypersphere_stream_partitions",
    help: "Partitions that this worker holds.",
    registers: [this.registry],
  });
  readonly outages = new Counter({
    name: "hypersphere_stream_broker_outages_total",
    help: "Times that the broker could not be reached.",
    registers: [this.registry],
  });
  readonly swaps = new Counter({
    name: "hypersphere_stream_model_swaps_total",
    help: "Models that took the place of another.",
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** @throws HypersphereError `io` for a port that is taken */
  listen(port: number): Promise<Server> {
    const server = createServer(async (request, response) => {
      const found = request.url === "/metrics";
      response.writeHead(found ? 200 : 404, {
        "content-type": found ? this.registry.contentType : "text/plain",
      });
      response.end(found ? await this.registry.metrics() : "Metrics are at /metrics.\n");
    });
    return new Promise((resolve, reject) => {
      server.once("error", (cause) =>
        reject(
          new HypersphereError("io", `Port ${port} for metrics cannot be had: ${cause.message}.`, { cause }),
        ),
      );
      server.listen(port, "127.0.0.1", () => resolve(server));
    });
  }
}
