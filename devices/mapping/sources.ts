import { compilePointer, type Read, type Scope } from "./pointer.ts";
import type { Condition, FlagSource, NumberSource, TextSource } from "./shape.ts";

/** What a compiled source found: a value, nothing, or something it cannot use (with the reason). */
export type Found<T> = { readonly value: T } | { readonly problem: string } | null;
export type Source<T> = (scope: Scope) => Found<T>;

/** A longer text is a picture or a dump, and not what a mapping is for. */
const TEXT_CHARACTERS = 1_024;

interface Common {
  readonly at?: string | undefined;
  readonly constant?: string | number | boolean | undefined;
  readonly values?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly otherwise?: string | number | boolean | undefined;
  readonly none?: readonly (string | number | boolean | null)[] | undefined;
  readonly when?: readonly Condition[] | undefined;
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** The value as the message has it, after sentinels and the table; null when there is none. */
function compileRaw(source: Common): Source<unknown> {
  const { constant, values, otherwise, none } = source;
  const read: Read = constant !== undefined ? () => constant : compilePointer(source.at ?? "");
  const holds = compileConditions(source.when);
  const missing = none && new Set<unknown>(none);
  return (scope) => {
    if (!holds(scope)) return null;
    const value = read(scope);
    if (value === undefined || value === null || missing?.has(value)) return null;
    if (!values) return { value };
    if (typeof value === "object") return { problem: `${shown(value)} is no single value` };
    const text = String(value);
    if (Object.hasOwn(values, text)) return { value: values[text] };
    if (otherwise !== undefined) return { value: otherwise };
    return { problem: `${shown(value)} is not in its table of values` };
  };
}

const common = (source: string | Common): Common => (typeof source === "string" ? { at: source } : source);

/** A number, or a text that is one: makers write both. */
export function compileNumber(source: NumberSource, conversion = { factor: 1, offset: 0 }): Source<number> {
  const raw = compileRaw(common(source as string | Common));
  const { factor = 1, offset = 0 } = typeof source === "string" ? {} : source;
  return (scope) => {
    const found = raw(scope);
    if (!found || "problem" in found) return found;
    const number = numberOf(found.value);
    if (number === null) return { problem: `${shown(found.value)} is no number` };
    return { value: rounded((number * factor + offset) * conversion.factor + conversion.offset) };
  };
}

export function numberOf(value: unknown): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** 0.1 × 3 is 0.3: what the arithmetic of factors adds behind the twelfth digit is none of the device's. */
const rounded = (value: number): number => Number(value.toPrecision(12));

export function compileText(source: TextSource): Source<string> {
  const raw = compileRaw(common(source as string | Common));
  const letters = typeof source === "string" ? undefined : source.case;
  return (scope) => {
    const found = raw(scope);
    if (!found || "problem" in found) return found;
    if (typeof found.value === "object") return { problem: `${shown(found.value)} is no text` };
    const text = String(found.value);
    if (text === "") return null;
    if (text.length > TEXT_CHARACTERS) return { problem: `it is longer than ${TEXT_CHARACTERS} characters` };
    return { value: letters === "lower" ? text.toLowerCase() : letters === "upper" ? text.toUpperCase() : text };
  };
}

const YES = new Set(["1", "true", "on", "yes", "online"]);
const NO = new Set(["0", "false", "off", "no", "offline"]);

export function compileFlag(source: FlagSource): Source<boolean> {
  const raw = compileRaw(common(source as string | Common));
  return (scope) => {
    const found = raw(scope);
    if (!found || "problem" in found) return found;
    const text = String(found.value).toLowerCase();
    if (YES.has(text)) return { value: true };
    return NO.has(text) ? { value: false } : { problem: `${shown(found.value)} is neither yes nor no` };
  };
}

export function compileConditions(conditions: readonly Condition[] | undefined): (scope: Scope) => boolean {
  if (!conditions) return () => true;
  const compiled = conditions.map(({ at, is, not, above, below, present }) => {
    const read = compilePointer(at);
    const allowed = is && new Set<unknown>(is);
    const refused = not && new Set<unknown>(not);
    return (scope: Scope): boolean => {
      const value = read(scope);
      if (present !== undefined && (value !== undefined && value !== null) !== present) return false;
      if (allowed && !allowed.has(value ?? null)) return false;
      if (refused?.has(value ?? null)) return false;
      if (above === undefined && below === undefined) return true;
      const number = numberOf(value);
      if (number === null) return false;
      return (above === undefined || number > above) && (below === undefined || number < below);
    };
  });
  return (scope) => compiled.every((holds) => holds(scope));
}
