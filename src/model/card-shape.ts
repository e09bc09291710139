// Written by scripts/option-types.js from the declarations of ModelCard; npm run docs writes it anew.
import type { Shape } from "./shape.js";

/** What the types of a card look like, by name. */
export const CARD_SHAPES: Readonly<Record<string, Shape>> = {
  AdaptationRecord: {
    fields: {
      steps: { fields: { located: "number", calibrated: "number" } },
      spread: { any: [{ is: "shrink" }, { is: "new" }, { is: "keep" }] },
      fingerprint: "string",
      from: "string",
      columns: { list: { type: "AdaptedColumn" } },
      heldOut: { optional: { list: "number" } },
    },
  },
  AdaptedColumn: {
    fields: {
      name: "string",
      factor: "number",
      offset: "number",
      training: { type: "ColumnPlace" },
      now: { type: "ColumnPlace" },
      independent: "number",
    },
  },
  BackboneRecord: {
    fields: {
      name: "string",
      sha256: "string",
      bytes: "number",
      license: { optional: "string" },
      opset: "number",
      tensors: { list: "string" },
      shapes: { list: { list: "number" } },
      height: "number",
      width: "number",
      mean: { list: "number" },
      deviation: { list: "number" },
      vector: { optional: "number" },
      channels: { any: [{ is: "rgb" }, { is: "bgr" }] },
    },
  },
  CategoricalFeature: {
    fields: { name: "string", levels: { list: "string" }, shares: { list: "number" }, missing: "number" },
  },
  ColumnPlace: { fields: { location: "number", spread: "number" } },
  ConstantColumn: {
    fields: {
      name: "string",
      value: { any: ["number", "string", { is: null }] },
      ignored: { optional: "boolean" },
    },
  },
  ContaminationRecord: {
    fields: {
      estimate: { any: ["number", { is: null }] },
      low: { any: ["number", { is: null }] },
      high: { any: ["number", { is: null }] },
      rows: "number",
      trimmed: "number",
      trim: { any: ["number", { is: "auto" }] },
      folds: "number",
      rounds: "number",
      seed: "number",
      extraFalseAlarmsAtMost: "number",
    },
  },
  ContributionRecord: {
    fields: {
      method: { is: "exact" },
      baseline: "number",
      shape: { list: "number" },
      columns: { optional: { list: "string" } },
    },
  },
  DroppedColumn: { fields: { name: "string", reason: "string" } },
  FeatureSchema: {
    fields: {
      scaling: { any: [{ is: "standard" }, { is: "robust" }, { is: "min-max" }, { is: "quantile" }] },
      numeric: { list: { type: "NumericFeature" } },
      categorical: { list: { type: "CategoricalFeature" } },
      dropped: { list: { type: "DroppedColumn" } },
      constant: { optional: { list: { type: "ConstantColumn" } } },
      watched: { optional: "boolean" },
    },
  },
  ImageSchema: {
    fields: {
      kind: { is: "images" },
      channels: { any: [{ is: 1 }, { is: 3 }] },
      height: "number",
      width: "number",
      resized: "boolean",
      contrast: { any: [{ is: "gcn" }, { is: "none" }] },
      min: "number",
      max: "number",
    },
  },
  InputSchema: { any: [{ type: "TableSchema" }, { type: "SeriesSchema" }, { type: "ImageSchema" }] },
  KeptColumn: { fields: { name: "string", values: { list: { any: ["number", "string", { is: null }] } } } },
  MaskRecord: { fields: { ignored: "number", fingerprint: "string" } },
  ModelCard: {
    fields: {
      format: { is: 1 },
      detector: "string",
      options: { record: "json" },
      versions: { fields: { hypersphere: "string", onnxruntime: "string", runtime: "string" } },
      data: {
        fields: {
          rows: "number",
          train: "number",
          validation: "number",
          calibration: "number",
          calibrationApart: { optional: { list: "number" } },
          nearDuplicates: { optional: { fields: { groups: "number", rows: "number" } } },
          augmentation: {
            optional: { fields: { changes: { list: "string" }, strength: "number", copies: "number" } },
          },
          fingerprint: "string",
          known: { optional: { type: "RowSketch" } },
          labels: { optional: { fields: { anomalies: "number", normals: "number", fingerprint: "string" } } },
          outliers: { optional: { fields: { rows: "number", fingerprint: "string" } } },
          defects: { optional: { fields: { rows: "number", fingerprint: "string" } } },
          from: { optional: "string" },
        },
      },
      reading: { optional: { type: "Reading" } },
      schema: { type: "InputSchema" },
      reference: { optional: { type: "ReferenceProfile" } },
      map: {
        optional: {
          fields: { height: "number", width: "number", mask: { optional: { type: "MaskRecord" } } },
        },
      },
      inside: { optional: { record: "string" } },
      contribution: { optional: { type: "ContributionRecord" } },
      normalRows: { optional: { type: "NormalRowsRecord" } },
      views: { optional: { list: "string" } },
      backbone: { optional: { type: "BackboneRecord" } },
      training: "json",
      threshold: { type: "Threshold" },
      ties: { optional: { type: "Ties" } },
      operatingPoints: { record: { type: "Threshold" } },
      probability: { optional: { type: "ProbabilityCalibration" } },
      contamination: { optional: { type: "ContaminationRecord" } },
      season: { optional: { type: "SeasonRecord" } },
      adapted: { optional: { type: "AdaptationRecord" } },
    },
  },
  NormalRowsRecord: { fields: { rows: { list: "number" }, columns: { list: { type: "KeptColumn" } } } },
  NumberNotation: {
    fields: {
      affix: { optional: "string" },
      decimal: { optional: { any: [{ is: "." }, { is: "," }] } },
      duration: { optional: { any: [{ is: "full" }, { is: "short" }, { is: "days" }, { is: "12-hour" }] } },
    },
  },
  NumericFeature: {
    fields: {
      name: "string",
      fill: "number",
      center: "number",
      scale: "number",
      knots: { optional: { list: "number" } },
      min: "number",
      max: "number",
      missing: "number",
      whole: { optional: "boolean" },
      notation: { optional: { type: "NumberNotation" } },
    },
  },
  NumericReference: {
    fields: { name: "string", edges: { list: "number" }, counts: { list: "number" }, missing: "number" },
  },
  ProbabilityCalibration: {
    fields: {
      curve: { type: "ProbabilityCurve" },
      prevalence: "number",
      labelled: { fields: { anomalies: "number", normals: "number" } },
      folds: "number",
      reliability: { type: "Reliability" },
    },
  },
  ProbabilityCurve: {
    any: [
      { fields: { method: { is: "isotonic" }, x: { list: "number" }, y: { list: "number" } } },
      {
        fields: {
          method: { is: "platt" },
          centre: "number",
          scale: "number",
          slope: "number",
          intercept: "number",
        },
      },
    ],
  },
  Reading: {
    fields: {
      columns: { optional: { list: "string" } },
      columnTypes: { optional: { record: { any: [{ is: "numeric" }, { is: "categorical" }] } } },
      missing: { optional: { list: "string" } },
      missingAmongNumbers: { optional: { list: "string" } },
      decimal: { optional: { any: [{ is: "." }, { is: "," }] } },
      delimiter: { optional: "string" },
      header: { optional: "boolean" },
    },
  },
  ReferenceProfile: {
    fields: {
      rows: "number",
      steps: { optional: "number" },
      numeric: { list: { type: "NumericReference" } },
    },
  },
  Reliability: {
    fields: {
      prevalence: "number",
      brier: "number",
      brierOfPrevalence: "number",
      logLoss: "number",
      logLossOfPrevalence: "number",
      expectedCalibrationError: "number",
      bins: { list: { type: "ReliabilityBin" } },
    },
  },
  ReliabilityBin: {
    fields: {
      rows: "number",
      anomalies: "number",
      weight: "number",
      predicted: "number",
      observed: "number",
    },
  },
  RowSketch: { fields: { digests: "string", below: "number", repeated: "number" } },
  SeasonRecord: {
    fields: { period: "number", parts: "number", windows: "number", fromAll: { list: "number" } },
  },
  SeriesLayout: {
    fields: {
      window: "number",
      found: { optional: { type: "WindowRecord" } },
      stride: "number",
      timeColumn: { optional: "string" },
      entityColumn: { optional: "string" },
      timeUnit: {
        optional: {
          any: [
            { is: "seconds" },
            { is: "milliseconds" },
            { is: "microseconds" },
            { is: "nanoseconds" },
            { is: "count" },
          ],
        },
      },
      usualStep: { optional: "number" },
      maxGap: { optional: "number" },
      every: { optional: "number" },
      fill: { optional: { any: [{ is: "last" }, { is: "linear" }] } },
      detrend: { optional: "number" },
      season: { optional: { any: [{ is: "day" }, { is: "week" }] } },
    },
  },
  SeriesSchema: {
    fields: { kind: { is: "series" }, layout: { type: "SeriesLayout" }, steps: { type: "FeatureSchema" } },
  },
  TableSchema: {
    fields: {
      scaling: { any: [{ is: "standard" }, { is: "robust" }, { is: "min-max" }, { is: "quantile" }] },
      numeric: { list: { type: "NumericFeature" } },
      categorical: { list: { type: "CategoricalFeature" } },
      dropped: { list: { type: "DroppedColumn" } },
      constant: { optional: { list: { type: "ConstantColumn" } } },
      watched: { optional: "boolean" },
      kind: { is: "table" },
    },
  },
  Threshold: {
    fields: {
      threshold: "number",
      method: "string",
      parameters: { record: "number" },
      calibrationSize: "number",
      expectedFalseAlarmRate: { optional: "number" },
      diagnostics: { optional: { record: "number" } },
      note: { optional: "string" },
    },
  },
  Ties: { fields: { share: "number", size: "number" } },
  WindowRecord: { fields: { period: { optional: "number" }, autocorrelation: { optional: "number" } } },
};
