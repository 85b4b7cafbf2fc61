import { z } from "zod";

/**
 * Fields of devices that are careless about types. They forgive the type and not the content: "12.5" is a number, "north"
 * is none and refuses the message. Null means the same as absent.
 */

const NUMBER_TEXT = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/** A number, or the same number as a text; an empty text is absent. */
export const numeric = z
  .union([
    z.number(),
    z
      .string()
      .max(40)
      .refine((text) => text.trim() === "" || NUMBER_TEXT.test(text), "expected a number")
      .transform((text) => (text.trim() === "" ? undefined : Number(text))),
  ])
  .nullish()
  .transform((value) => value ?? undefined);

/** A text, or a number that stands for one (a card number, a channel). */
export const label = z
  .union([z.string().max(1_024), z.number().transform(String)])
  .nullish()
  .transform((value) => value ?? undefined);

/** A text that names something: never empty. */
export const name = z.union([z.string().min(1).max(128), z.number().transform(String)]);

const ON = new Set(["1", "true", "on", "yes", "active", "online", "open"]);
const OFF = new Set(["0", "false", "off", "no", "inactive", "offline", "closed"]);

/** True or false in the forms devices use: booleans, 0/1, "0"/"1", "True", ON/OFF, active/inactive. Null for anything else. */
export function truth(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  if (value === 0 || value === 1) return value === 1;
  if (typeof value !== "string") return null;
  const text = value.trim().toLowerCase();
  return ON.has(text) ? true : OFF.has(text) ? false : null;
}

/** A number of an untyped field; null for anything that is none. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "string" && NUMBER_TEXT.test(value) ? Number(value) : null;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
