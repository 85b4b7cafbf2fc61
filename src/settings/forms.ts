import { z } from "zod";
import { type DayWindows, minutesOf, parseWindows } from "../domain/calendar.ts";
import { parseHosts } from "../outputs/guarded-request.ts";

/** How the values of settings are written and what they become. */

export const port = (preset: number) => z.coerce.number().int().min(0).max(65_535).default(preset);
export const count = (preset: number) => z.coerce.number().int().min(0).default(preset);
export const bool = (preset: boolean) =>
  z
    .enum(["true", "false", "1", "0"])
    .default(preset ? "true" : "false")
    .transform((value) => value === "true" || value === "1");
export const hours = (preset: string) =>
  z
    .string()
    .regex(/^\d{1,2}(\.5)?-\d{1,2}(\.5)?$/, "must be two local hours like 23-5")
    .default(preset)
    .transform((text) => text.split("-").map(Number) as [number, number]);
export const timeOfDay = (preset: string) =>
  z.string().default(preset).transform(minutesOf).refine(Number.isFinite, "must be a time of day like 05:00");
export const windows = (preset: string) =>
  z
    .string()
    .default(preset)
    .transform((text, context): DayWindows => {
      const parsed = parseWindows(text);
      if (!parsed)
        context.addIssue({ code: "custom", message: "must be times of day in order, like 08:00-12:00,14:00-18:00" });
      return parsed ?? [];
    });
export const list = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean),
  );
export const optional = z.string().min(1).optional();

export const timeZone = (preset: string) =>
  z.string().default(preset).refine(isTimeZone, "is no IANA time zone, like Asia/Shanghai");

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Hosts, addresses or networks, separated by commas. */
export const hosts = z
  .string()
  .default("")
  .refine((text) => {
    try {
      parseHosts(text);
      return true;
    } catch {
      return false;
    }
  }, "must be hosts, addresses or networks like 10.2.0.0/16, separated by commas");
