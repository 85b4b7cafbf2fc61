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
  {
    id: "bench",
    key: "b",
    permission: "actOnAlerts",
    icon: "M3 7h12v10H3zM15 11l6-3v8l-6-3M7 12l2 2 4-4",
    load: () => import("./bench.tsx"),
  },
  {
    id: "starts",
    key: "s",
    permission: "readWork",
    icon: "M12 3a9 9 0 1 0 9 9M12 7v5l3 2M16 4l5-1v5",
    load: () => import("./starts.tsx"),
  },
  {
    id: "coverage",
    key: "c",
    permission: "readWork",
    icon: "M4 20L9 4M20 20L15 4M12 5v3M12 11v3M12 17v3",
    load: () => import("./coverage.tsx"),
  },
  {
    id: "timeMachine",
    key: "t",
    permission: "readDistrict",
    icon: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4M12 8v4l3 2",
    load: () => import("./time-machine.tsx"),
  },
  {
    id: "forecasts",
    key: "f",
    permission: "readHistory",
    icon: "M4 20h16M4 16l5-6 4 3 7-9",
    load: () => import("./forecasts.tsx"),
  },
  {
    id: "spots",
    key: "h",
    permission: "readAlerts",
    icon: "M12 21s7-6 7-12a7 7 0 0 0-14 0c0 6 7 12 7 12zM12 7v4l2 2",
    load: () => import("./spots.tsx"),
  },
  {
    id: "devices",
    key: "d",
    permission: "readQuarantine",
    icon: "M7 3h10v18H7zM11 18h2",
    load: () => import("./devices.tsx"),
  },
  {
    id: "rules",
    key: "r",
    permission: "manageRules",
    icon: "M4 6h10M18 6h2M4 12h4M12 12h8M4 18h12M14 4v4M8 10v4M16 16v4",
    load: () => import("./rules.tsx"),
  },
  {
    id: "silences",
    key: "n",
    permission: "readSilences",
    icon: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4M3 3l18 18",
    load: () => import("./silences.tsx"),
  },
  {
    id: "kpis",
    key: "k",
    permission: "readKpis",
    icon: "M4 20V10M10 20V4M16 20v-7M21 20H3",
    load: () => import("./kpis.tsx"),
  },
  {
    id: "waste",
    key: "m",
    permission: "readKpis",
    icon: "M12 4v16M7 20h10M5 8h14M5 8l-2 6h4zM19 8l-2 6h4z",
    load: () => import("./waste.tsx"),
  },
  {
    id: "reports",
    key: "e",
    permission: "readReports",
    icon: "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
    load: () => import("./reports.tsx"),
  },
  {
    id: "handover",
    key: "o",
    permission: "handOver",
    icon: "M3 12h6l2 2 4-4 2 2h4M6 8l3-3M18 16l-3 3",
    load: () => import("./handover.tsx"),
  },
  {
    id: "walls",
    key: "w",
    permission: "controlWalls",
    icon: "M3 5h18v11H3zM9 20h6M12 16v4",
    load: () => import("./walls.tsx"),
  },
  {
    id: "people",
    key: "p",
    permission: "managePeople",
    icon: "M9 5a3 3 0 1 1 0 6a3 3 0 1 1 0-6M3 19c0-4 2-6 6-6s6 2 6 6M16 8h5M16 12h5",
    load: () => import("./accounts.tsx"),
  },
];

export const pageText = (id: string): string => say(id as Parameters<typeof say>[0]);
