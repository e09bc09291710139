import type { ComponentType } from "preact";
import type { Caller, Role } from "../types.js";

export interface ScreenProps {
  readonly query: Readonly<Record<string, string>>;
  readonly caller: Caller;
}

/** One entry of the navigation: a screen is a file beside this one, and a line in index.ts. */
export interface Screen {
  readonly path: string;
  readonly title: string;
  /** One sentence under the title. */
  readonly purpose: string;
  /** Who sees it. */
  readonly roles: readonly Role[];
  readonly Content: ComponentType<ScreenProps>;
}
