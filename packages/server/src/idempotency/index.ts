export { begin, type Claim, expire, fingerprintOf, giveUp, type KeptAnswer, settle } from "./claims.js";
