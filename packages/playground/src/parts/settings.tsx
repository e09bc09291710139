import type { Training } from "../protocol.js";

const DETECTORS: readonly (readonly [name: string, title: string])[] = [
  ["auto", "auto: chosen by the data"],
  ["knn", "knn: distance to the nearest training rows"],
  ["isolation-forest", "isolation-forest: how soon random cuts isolate a row"],
  ["pca", "pca: distance to the plane of the main directions"],
  ["deep-svdd", "deep-svdd: a trained network’s distance to a centre"],
  ["autoencoder", "autoencoder: how badly a network restores a row"],
];

const RULES: readonly (readonly [rule: string, title: string])[] = [
  ["percentile 95", "percentile 95 of normal rows held out"],
  ["percentile 99", "percentile 99 of normal rows held out"],
  ["false-alarms 1%", "at most 1 % of normal rows flagged"],
  ["false-alarms 5%", "at most 5 % of normal rows flagged"],
  ["robust-z 3.5", "3.5 robust deviations above the median"],
];

/** Which detector, and which rule for the threshold. */
export function Settings({
  value,
  onChange,
  disabled,
}: {
  value: Training;
  onChange: (value: Training) => void;
  disabled: boolean;
}) {
  return (
    <div class="fields">
      <label>
        Detector
        <select
          value={value.detector}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange({ ...value, detector: currentTarget.value })}
        >
          {DETECTORS.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Threshold
        <select
          value={value.rule}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange({ ...value, rule: currentTarget.value })}
        >
          {RULES.map(([rule, title]) => (
            <option key={rule} value={rule}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
