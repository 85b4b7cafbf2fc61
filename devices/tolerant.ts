import { z } from "zod";

/**
 * Fields of devices that are careless about types. They forgive the type and not the content: "12.5" is a number, "north"
 * is none and refuses the message. Null means the same as absent.
 */

const LONGEST_NUMBER = 40;
const LONGEST_LABEL = 1_024;
const NUMBER_TEXT = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/**
 * A number, or the same number as a text; an empty text is absent. One step and no union: a union tries each branch, and the
 * failure of one costs more than all the rest of a message.
 */
export const numeric = z
  .unknown()
  .optional()
  .transform((value, context): number | undefined => {
    if (typeof value === "number") return value;
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string" && value.length <= LONGEST_NUMBER) {
      if (value.trim() === "") return undefined;
      if (NUMBER_TEXT.test(value)) return Number(value);
    }
    context.addIssue({ code: "custom", message: "expected a number" });
    return undefined;
  });

/** A text, or a number that stands for one (a card number, a channel). */
export const label = z
  .unknown()
  .optional()
  .transform((value, context): string | undefined => {
    if (typeof value === "string" && value.length <= LONGEST_LABEL) return value;
    if (typeof value === "number") return String(value);
    if (value !== undefined && value !== null) context.addIssue({ code: "custom", message: "expected a short text" });
    return undefined;
  });

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
