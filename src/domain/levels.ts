import type { Text } from "./text.ts";

/** 1 critical, 2 major, 3 minor, 4 info. Colours follow the statutory I–IV scheme; its legal names are not used. */
export type Level = 1 | 2 | 3 | 4;

export const levels: Readonly<Record<Level, { title: Text; color: string; roman: string }>> = {
  1: { title: { en: "Critical", zh: "紧急" }, color: "red", roman: "I" },
  2: { title: { en: "Major", zh: "重要" }, color: "orange", roman: "II" },
  3: { title: { en: "Minor", zh: "一般" }, color: "yellow", roman: "III" },
  4: { title: { en: "Info", zh: "提示" }, color: "blue", roman: "IV" },
};
