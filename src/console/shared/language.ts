import { signal } from "@preact/signals";
import type { Text } from "../../domain/text.ts";

export type Language = "zh" | "en";

const STORED = "kerbside.language";
const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(STORED);

/** The language of this screen. A component that reads it, itself or through `words`, follows it without a reload. */
export const language = signal<Language>(asked === "en" ? "en" : "zh");

language.subscribe((current) => {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
});

export function switchLanguage(): void {
  language.value = language.value === "zh" ? "en" : "zh";
  localStorage.setItem(STORED, language.value);
}

export const inLanguage = (text: Text): string => text[language.value];

/**
 * The words of one application: `const say = words({ minutes: { zh: "{n} 分钟", en: "{n} min" } })`, then
 * `say("minutes", { n: 5 })`. A name that is not in the table does not compile.
 */
export function words<T extends Readonly<Record<string, Text>>>(table: T) {
  return (name: keyof T & string, values: Readonly<Record<string, string | number>> = {}): string =>
    inLanguage(table[name] as Text).replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}
