import { alerts } from "./catalogue/alerts.ts";
import { cases } from "./catalogue/cases.ts";
import { operations } from "./catalogue/operations.ts";
import type { Kpi } from "./catalogue/shapes.ts";

/** What the figures are called, how they are reckoned, and what is aimed at. A new figure is an entry in one of these lists. */
export const kpiCatalogue: readonly Kpi[] = [...cases, ...alerts, ...operations];
