export { createApp } from "./app.js";
export { Gate } from "./gate.js";
export type { Env, Services } from "./services.js";
