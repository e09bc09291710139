/** `hypersphere-brokers`: workers over brokers. The command `hypersphere stream --from URL` starts one. */
export { type StreamWorker, startWorker, type WorkerOptions } from "./worker.js";
