import type { Samples } from "../data/index.js";
import { columnSchema, kindOfSchema } from "../features/index.js";
import type { Place } from "../formats/folder.js";
import type { OpenOptions } from "../formats/open-options.js";
import { type ColumnTypes, openPlace, type PlaceOptions, type Wanted } from "../formats/open-place.js";
import type { Platform } from "../formats/platform.js";
import type { Model } from "./model.js";

/** What of the options of `open` is the same on every platform. */
export interface OpenSamplesOptions<File> extends OpenOptions<File> {
  /**
   * The model that the data are for. They are then of its kind, read and cut as its training data were, with the columns,
   * the channels and the windows that it takes; of data with parts, the test part.
   */
  readonly model?: Pick<Model, "card"> | undefined;
}

/** What is at a place, as samples, as a model wants them where one is given. @throws HypersphereError as `openPlace` */
export async function openSamples(
  place: Place,
  { model, ...options }: PlaceOptions & Pick<OpenSamplesOptions<unknown>, "model">,
  platform: Platform,
): Promise<Samples> {
  if (model === undefined) return openPlace(place, options, platform);
  const { delimiter, header, missing, part = "test" } = { ...model.card.reading, ...given(options) };
  const reading = { ...options, delimiter, header, missing, part };
  return openPlace(place, reading, platform, wantedBy(model));
}

function wantedBy(model: Pick<Model, "card">): Wanted {
  const { schema } = model.card;
  const kind = kindOfSchema(schema);
  const layout = kind.layout(schema);
  const [channels] = kind.shape(schema);
  return {
    kind: schema.kind,
    columnTypes: modelColumnTypes(model) ?? {},
    layout,
    channels: channels as 1 | 3,
  };
}

/** Kinds of columns as the model has them; undefined where nothing is to be said of any. */
export function modelColumnTypes({ card }: Pick<Model, "card">): ColumnTypes | undefined {
  const { numeric = [], categorical = [] } = columnSchema(card.schema) ?? {};
  const used = new Set([...numeric, ...categorical].map(({ name }) => name));
  const told = Object.entries(card.reading?.columnTypes ?? {}).filter(([name]) => used.has(name));
  const types = {
    ...Object.fromEntries(categorical.map(({ name }) => [name, "categorical" as const])),
    ...Object.fromEntries(told),
  };
  return Object.keys(types).length === 0 ? undefined : types;
}

/** Options without those that are undefined. */
const given = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
