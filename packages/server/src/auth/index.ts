export { Callers } from "./callers.js";
export { type Caller, createKey, firstKey, listKeys, ROLES, type Role, revokeKey } from "./keys.js";
