export { createApp } from "./app.js";
export { boundArrival } from "./body-deadline.js";
export { Gate } from "./gate.js";
export type { Env, Services } from "./services.js";
