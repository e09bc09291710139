export { type Region, type RegionOptions, regionsOf, type ScoreMap } from "./regions.js";
