export { DeepSvdd } from "hypersphere/web";
