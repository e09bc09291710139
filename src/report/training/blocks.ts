import { escapeText } from "../svg.js";

/** Parts that pages are made of. Contents are markup, titles and captions are texts. */
export const section = (title: string, ...parts: readonly string[]): string =>
  `<section><h2>${escapeText(title)}</h2>${parts.join("")}</section>`;

export const figureOf = (content: string, caption: string): string =>
  `<figure>${content}<figcaption>${escapeText(caption)}</figcaption></figure>`;

export const paragraph = (text: string): string => `<p>${escapeText(text)}</p>`;
