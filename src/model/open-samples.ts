import type { Dataset, NumberNotation, Samples, SeriesLayout } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { columnSchema, inputColumns, kindOfSchema } from "../features/index.js";
import { isFolder, type Place } from "../formats/folder.js";
import type { OpenOptions } from "../formats/open-options.js";
import { type ColumnTypes, openPlace, type PlaceOptions, type Wanted } from "../formats/open-place.js";
import type { Platform } from "../formats/platform.js";
import { refuseOptions, refuseUnknownOpenOptions } from "../formats/refuse-options.js";
import { shown } from "../text/shown.js";
import type { Model } from "./model.js";

/** What of the options of `open` is the same on every platform. */
export interface OpenSamplesOptions<File> extends OpenOptions<File> {
  /**
   * The model that the data are for. They are then of its kind, read and cut as its training data were, with the columns,
   * the channels and the windows that it takes; of data with parts, the test part. A fleet also knows which column says what each
   * row is of.
   */
  readonly model?: (Pick<Model, "card"> & { readonly entityColumn?: string }) | undefined;
}

/** What is at a place, as samples, as a model wants them where one is given. @throws HypersphereError as `openPlace` */
export async function openSamples(
  place: Place,
  { model, ...options }: PlaceOptions & Pick<OpenSamplesOptions<unknown>, "model">,
  platform: Platform,
): Promise<Samples> {
  refuseUnknownOpenOptions(options);
  if (model === undefined) return openPlace(place, options, platform);
  requireModel(model);
  const { schema } = model.card;
  const { noun, layout } = kindOfSchema(schema);
  if (isFolder(place) && !comesInFolders[schema.kind]) {
    throw new HypersphereError(
      "schema-mismatch",
      `${place.name} is a folder, but the model was trained on ${noun.all}.`,
      { hint: "Name a file inside it." },
    );
  }
  refuseOptions(options, schema.kind, place.name);
  refuseOtherCutting(options, layout(schema));
  const { delimiter, decimal, header, missing, part = "test" } = { ...model.card.reading, ...given(options) };
  const perEntity = options.perEntity ?? model.entityColumn;
  const reading = { ...options, delimiter, decimal, header, missing, part, perEntity };
  return openPlace(place, reading, platform, wantedBy(model, options.missing === undefined));
}

/** A folder may hold a pair of files of windows, or images. */
const comesInFolders: Readonly<Record<Dataset["kind"], boolean>> = {
  table: false,
  series: true,
  images: true,
};

/** Programs without types pass the path of a model. */
function requireModel(model: unknown): void {
  if ((model as Partial<Pick<Model, "card">> | null)?.card !== undefined) return;
  const text = typeof model === "string" ? JSON.stringify(model) : String(model);
  throw new HypersphereError("invalid-option", `option "model" is ${text}, expected a model.`, {
    hint: "loadModel reads one from a file: { model: await loadModel(path) }.",
  });
}

const CUTTING = [
  "window",
  "timeColumn",
  "entityColumn",
  "maxGap",
  "every",
  "fill",
  "detrend",
  "season",
] as const;

/** A model takes windows as it was trained on, so that other lengths and columns would be ignored. */
function refuseOtherCutting(options: PlaceOptions, layout: SeriesLayout | undefined): void {
  if (layout === undefined) return;
  const other = CUTTING.find((name) => options[name] !== undefined && options[name] !== layout[name]);
  if (other === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `option "${other}" is ${shown(options[other])}, but the model was trained with ${shown(layout[other] ?? null)}.`,
    { hint: "Leave it out: the model knows how its windows are cut." },
  );
}

/** @param asTrained whether the cells without a value are those that the training data had */
function wantedBy(model: Pick<Model, "card">, asTrained: boolean): Wanted {
  const { schema, reading } = model.card;
  const kind = kindOfSchema(schema);
  const layout = kind.layout(schema);
  const [channels] = kind.shape(schema);
  return {
    kind: schema.kind,
    columnTypes: modelColumnTypes(model) ?? {},
    columns: columnsRead(model),
    cells: {
      notations: modelNotations(model),
      missingRemembered: asTrained,
      ...(asTrained && { missingAmongNumbers: reading?.missingAmongNumbers }),
    },
    layout,
    channels: channels as 1 | 3,
    size: kind.onlySize(schema),
  };
}

/** All that the model reads. A watched column may be absent, but what it holds has to be known where it is there. */
function columnsRead({ card }: Pick<Model, "card">): string[] {
  const schema = columnSchema(card.schema);
  if (schema === undefined) return [];
  const { numeric, categorical } = inputColumns(schema);
  return [...numeric, ...categorical];
}

function modelColumns({ card }: Pick<Model, "card">): string[] {
  const { numeric = [], categorical = [] } = columnSchema(card.schema) ?? {};
  return [...numeric, ...categorical].map(({ name }) => name);
}

/** Kinds of columns as the model has them; undefined where nothing is to be said of any. */
export function modelColumnTypes({ card }: Pick<Model, "card">): ColumnTypes | undefined {
  const { categorical = [] } = columnSchema(card.schema) ?? {};
  const used = new Set(modelColumns({ card }));
  const remembered = Object.entries(card.reading?.columnTypes ?? {}).filter(([name]) => used.has(name));
  const types = {
    ...Object.fromEntries(categorical.map(({ name }) => [name, "categorical" as const])),
    ...Object.fromEntries(remembered),
  };
  return Object.keys(types).length === 0 ? undefined : types;
}

/** How the model's numeric columns write numbers: as its training rows did, and in no other way. */
export function modelNotations({
  card,
}: Pick<Model, "card">): Readonly<Record<string, NumberNotation | "plain">> {
  const { numeric = [] } = columnSchema(card.schema) ?? {};
  return Object.fromEntries(numeric.map(({ name, notation }) => [name, notation ?? "plain"]));
}

/** Options without those that are undefined. */
const given = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
