import type { Text } from "./text.ts";
import { MINUTE, type Millis } from "./time.ts";

/** What a kind of device is, and what the center may expect of it. */
export interface KindDefinition {
  readonly title: Text;
  /** Moves: its place follows its position. Otherwise its place is where it was registered. */
  readonly mobile: boolean;
  /** Carries a person: finer access rules apply to its positions. */
  readonly personal: boolean;
  /** How often it normally reports; a device's own attribute `reportEverySeconds` overrides it. */
  readonly reportEveryMs: Millis;
  /** Readings older than this when they arrive repair history but never change the present (reliability: late data rings no siren). */
  readonly latenessMs: Millis;
}

const kind = (
  en: string,
  zh: string,
  reportEveryMs: Millis,
  options: Partial<KindDefinition> = {},
): KindDefinition => ({
  title: { en, zh },
  mobile: false,
  personal: false,
  latenessMs: 10 * MINUTE,
  reportEveryMs,
  ...options,
});

/** The open list of kinds; a new kind is a line here and a driver that names it. */
export const kinds = {
  vehicle: kind("Sanitation vehicle", "作业车", 10_000, { mobile: true }),
  person: kind("Worker badge", "工牌", 60_000, { mobile: true, personal: true }),
  bin: kind("Bin fill sensor", "垃圾桶满溢传感器", 15 * MINUTE),
  foodWastePoint: kind("Kitchen-waste point", "厨余暂存点", 15 * MINUTE),
  camera: kind("AI camera", "AI摄像机", 5 * MINUTE),
  toilet: kind("Public toilet", "公厕", 5 * MINUTE),
  station: kind("Transfer station", "中转站", 5 * MINUTE),
  pestTrap: kind("Pest trap", "病媒监测器", 60 * MINUTE),
  gateway: kind("Gateway", "网关", 5 * MINUTE),
} as const satisfies Record<string, KindDefinition>;

export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as Kind[];

export function isKind(name: string): name is Kind {
  return Object.hasOwn(kinds, name);
}
