import type { ComponentType } from "preact";
import { say } from "./words.ts";

/** The desk's pages: the key after `g`, the permission it takes, and where its code is loaded from when first opened. */
export interface DeskPage {
  readonly id: string;
  readonly key: string;
  readonly permission: string;
  readonly icon: string;
  readonly load?: () => Promise<{ readonly default: ComponentType }>;
}

export const pages: readonly DeskPage[] = [
  { id: "queue", key: "q", permission: "readAlerts", icon: "M4 6h16M4 12h16M4 18h10" },
];

export const pageText = (id: string): string => say(id as Parameters<typeof say>[0]);
