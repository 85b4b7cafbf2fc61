/** Where a pointer looks: the message, the item of a list, the items around it, the named levels of the topic. */
export interface Scope {
  readonly item: unknown;
  /** The scope around the item; null at the message itself. */
  readonly outer: Scope | null;
  readonly message: unknown;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads one value; undefined when there is none. */
export type Read = (scope: Scope) => unknown;

type Step = string | { readonly name: string; readonly text: string };

const PARAMETER = /^\{(\w{1,32})\}$/;
const PREFIX = /^(?:\.\/|(?:\.\.\/)+|\.$|\/)/;
const MOST_LEVELS = 16;

export function isPointer(text: string): boolean {
  return text === "" || PARAMETER.test(text) || (PREFIX.test(text) && text.split("/").length <= MOST_LEVELS);
}

/** The named level of the topic that a pointer stands for, or null. */
export function parameterOf(text: string): string | null {
  return PARAMETER.exec(text)?.[1] ?? null;
}

/** How many lists a pointer needs around it: `./a` one, `../a` two. */
export function scopesOf(text: string): number {
  if (text === "." || text.startsWith("./")) return 1;
  return text.startsWith("../") ? text.split("../").length : 0;
}

/**
 * Compiles a pointer (RFC 6901 with `~0` and `~1`, and the additions of this module). Only own fields are read: nothing a
 * message says reaches a prototype.
 */
export function compilePointer(text: string): Read {
  const parameter = parameterOf(text);
  if (parameter !== null) return ({ parameters }) => parameters[parameter];
  if (text === "") return ({ message }) => message;
  if (text === ".") return ({ item }) => item;
  const up = scopesOf(text);
  const path = up > 0 ? text.replace(/^(?:\.\/|(?:\.\.\/)+)/, "") : text.slice(1);
  const steps = path.split("/").map(stepOf);
  return (scope) => {
    let from: Scope | null = scope;
    for (let i = 1; i < up; i++) from = from?.outer ?? null;
    if (!from) return undefined;
    let value: unknown = up > 0 ? from.item : scope.message;
    for (const step of steps) {
      value = descend(value, step);
      if (value === undefined) return undefined;
    }
    return value;
  };
}

function stepOf(level: string): Step {
  const chosen = /^\[([^=\]]+)=([^\]]*)\]$/.exec(level);
  if (chosen) return { name: chosen[1] as string, text: chosen[2] as string };
  return level.replaceAll("~1", "/").replaceAll("~0", "~");
}

function descend(value: unknown, step: Step): unknown {
  if (value === null || typeof value !== "object") return undefined;
  if (typeof step === "string")
    return Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
  if (!Array.isArray(value)) return undefined;
  return value.find((item) => {
    if (item === null || typeof item !== "object" || !Object.hasOwn(item, step.name)) return false;
    return String(item[step.name]) === step.text;
  });
}
