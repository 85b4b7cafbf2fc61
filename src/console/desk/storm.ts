import { signal } from "@preact/signals";
import type { Desk } from "./desk.ts";

/** `GET /silences` */
export interface Silence {
  readonly id: string;
  readonly kind: "maintenance" | "permitted" | "closure" | "storm";
  readonly reason: string;
  readonly from: number;
  readonly to: number | null;
  readonly ruleIds?: readonly string[];
  readonly subjectIds?: readonly string[];
  readonly communityId?: readonly string[];
  readonly gridId?: readonly string[];
  readonly circle?: { readonly lat: number; readonly lon: number; readonly radiusM: number };
  readonly hours?: readonly [number, number];
  readonly createdBy: string;
  readonly endedAt: number | null;
}

export const silences = signal<readonly Silence[]>([]);

const LOOK_EVERY_MS = 20_000;

export async function loadSilences(desk: Desk): Promise<void> {
  silences.value = (await desk.rest.get<{ items: Silence[] }>("/silences")).items;
}

/** Storm mode concerns every desk, whoever switched it. */
export function watchSilences(desk: Desk): () => void {
  if (!desk.may("readSilences")) return () => {};
  const look = () => void loadSilences(desk).catch(() => {});
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

export const isActive = ({ from, to, endedAt }: Silence, now: number): boolean =>
  endedAt === null && from <= now && (to === null || to > now);

/** When storm mode ends; null when it is off. */
export function stormUntil(desk: Desk): number | null {
  const storm = silences.value.find((one) => one.kind === "storm" && isActive(one, desk.now.value));
  return storm ? (storm.to ?? Number.POSITIVE_INFINITY) : null;
}
