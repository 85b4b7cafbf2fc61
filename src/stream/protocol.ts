import { z } from "zod";
import type { Alert } from "../domain/alert.ts";
import { alertStates } from "../domain/alert.ts";
import type { Kind } from "../domain/kinds.ts";
import type { Level } from "../domain/levels.ts";
import type { Metrics } from "../domain/metrics.ts";
import type { Role } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";
import type { WallOrder } from "../domain/wall.ts";
import type { KpiTile } from "../kpi/tile.ts";
import type { DutyState } from "../operations/duty.ts";

/** The frames of the stream. Used by the center, by screens and by tests; runs in a browser. */

export { closeCodes } from "./close-codes.ts";

export const PROTOCOL = 1;
export const EVERY_MS = { least: 100, most: 60_000, preset: 1_000 } as const;

const some = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(500);
const name = z.string().min(1).max(128);
const bbox = z.tuple([
  z.number().min(-180).max(180),
  z.number().min(-90).max(90),
  z.number().min(-180).max(180),
  z.number().min(-90).max(90),
]);

export const alertFilter = z.strictObject({
  open: z.boolean().optional(),
  state: some(z.enum(alertStates)).optional(),
  level: some(z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)])).optional(),
  ruleId: some(name).optional(),
  subjectId: some(name).optional(),
  kind: some(name).optional(),
  communityId: some(name).optional(),
  gridId: some(name).optional(),
  /** west, south, east, north */
  bbox: bbox.optional(),
});
export type AlertFilter = z.infer<typeof alertFilter>;

/** Live figures by name, and of which communities; without any, those of the whole district too. */
export const kpiFilter = z.strictObject({ name: some(name).optional(), communityId: some(name).optional() });
export type KpiFilter = z.infer<typeof kpiFilter>;

export const deviceFilter = z.strictObject({
  kind: some(name).optional(),
  id: some(name).optional(),
  online: z.boolean().optional(),
  communityId: some(name).optional(),
  gridId: some(name).optional(),
  bbox: bbox.optional(),
});
export type DeviceFilter = z.infer<typeof deviceFilter>;

/** `marks` take the filter of `devices`; `cells` its parts that do not ask for single ones, and the zoom of the grid. */
export const cellFilter = deviceFilter
  .omit({ id: true, online: true })
  .extend({ zoom: z.number().int().min(4).max(20) });
export type CellFilter = z.infer<typeof cellFilter>;

export const crewFilter = z.strictObject({
  id: some(name).optional(),
  line: some(name).optional(),
  communityId: some(name).optional(),
});
export type CrewFilter = z.infer<typeof crewFilter>;

export const wallFilter = z.strictObject({ id: some(name).optional() });

const since = z.strictObject({ epoch: z.string().max(64), rev: z.number().int().min(0) });
const id = z.string().min(1).max(32);

/** What a screen tells a replay: where to be, how fast, whether to stand still. */
export const replayOrder = z.strictObject({
  at: z.number().int().optional(),
  speed: z.number().min(1).max(3_600).optional(),
  paused: z.boolean().optional(),
});
export type ReplayOrder = z.infer<typeof replayOrder>;

export const clientFrame = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("auth"), token: z.string().min(1).max(512) }),
  z.strictObject({
    type: z.literal("subscribe"),
    id,
    topic: z.string().max(32),
    filter: z.unknown().optional(),
    everyMs: z.number().int().min(EVERY_MS.least).max(EVERY_MS.most).optional(),
    since: since.optional(),
  }),
  z.strictObject({ type: z.literal("unsubscribe"), id }),
  replayOrder.extend({ type: z.literal("replay") }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;
export type SubscribeFrame = Extract<ClientFrame, { type: "subscribe" }>;

export interface HelloFrame {
  readonly type: "hello";
  readonly protocol: number;
  /** Positions of another epoch mean nothing any more. */
  readonly epoch: string;
  readonly now: Millis;
  readonly role: Role;
  readonly limits: { readonly subscriptions: number; readonly messageBytes: number; readonly heartbeatMs: Millis };
}

/**
 * The one frame that carries state. `since` 0 replaces the view, unless it continues a snapshot (the frame before it had
 * `more`); otherwise `since` equals the client's `rev`. All parts of a snapshot carry the same `since` and `rev`.
 */
export interface StateFrame<T = unknown> {
  readonly type: "state";
  readonly id: string;
  readonly since: number;
  readonly rev: number;
  readonly now: Millis;
  readonly upsert: readonly T[];
  readonly gone: readonly string[];
  readonly more?: boolean;
  /** Why the view starts anew although the client had a position. */
  readonly reset?: "epoch" | "expired";
  /** Updates this client did not get because it was too slow; what it gets is the newest state. */
  readonly skipped?: number;
  /**
   * `storeFailing`: the center cannot write to its disk, what is shown may be older than what happens. `historyBehind`: the
   * database that answers questions about the past has not caught up. Absent: all is well.
   */
  readonly health?: "storeFailing" | "historyBehind";
}

export interface ErrorFrame {
  readonly type: "error";
  readonly id?: string;
  readonly code: string;
  readonly message: string;
}

/** Where a replay stands: sent at its beginning and end, and after each order. */
export interface ReplayFrame {
  readonly type: "replay";
  readonly from: Millis;
  readonly to: Millis;
  readonly now: Millis;
  readonly speed: number;
  readonly paused: boolean;
  readonly ended: boolean;
}

export type ServerFrame = HelloFrame | StateFrame | ReplayFrame | ErrorFrame;

/** A device as screens see it. A person's badge has an id and a name only for those who may know people. */
export interface DeviceView {
  readonly id: string;
  readonly kind: Kind;
  readonly name: string;
  readonly at: Millis | null;
  readonly receivedAt: Millis | null;
  readonly online: boolean | null;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly communityId: string | null;
  readonly gridId: string | null;
  readonly sectionId: string | null;
  /** Level of the worst alert about it. */
  readonly level: Level | null;
  readonly metrics: Metrics;
}

/** A device as a map draws it: a third of what `devices` says. */
export interface MarkView {
  readonly id: string;
  readonly kind: Kind;
  readonly lat: number;
  readonly lon: number;
  /** Degrees clockwise from north, of what has a direction. */
  readonly headingDeg?: number;
  /** `idle`: its engine runs and it stands. */
  readonly state: "normal" | "idle" | "offline";
  readonly level: Level | null;
}

/** All devices in one cell of the tile grid, counted. */
export interface CellView {
  /** `zoom/x/y` of the tile (Web Mercator, as in tile addresses). */
  readonly id: string;
  /** About the middle of its devices. */
  readonly lat: number;
  readonly lon: number;
  readonly count: number;
  /** `moving`: of vehicles only, those that are online and on their way. */
  readonly kinds: {
    readonly [kind in Kind]?: { readonly count: number; readonly online: number; readonly moving?: number };
  };
  /** Level of the worst alert about one of them. */
  readonly level: Level | null;
}

/** What a wall was told to show; without an order it goes round its scenes. */
export interface WallView {
  readonly id: string;
  readonly name: string;
  readonly order: WallOrder | null;
}

/** A crew as screens see it; names are for dispatchers only. */
export interface CrewView {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly contractorId: string | null;
  /** Members at work, and members that should be and are not. */
  readonly onDuty: number;
  readonly due: number;
  readonly lead: string | null;
  readonly members: readonly {
    readonly id: string;
    readonly kind: string;
    readonly role: string;
    /** In the register, else of the badge. */
    readonly number: string;
    readonly name: string | null;
    readonly state: DutyState;
    readonly since: Millis | null;
    readonly lat: number | null;
    readonly lon: number | null;
    readonly positionAt: Millis | null;
  }[];
}

/** An alert as a reader may know it. */
export interface AlertView extends Alert {
  /** What people call its subject; null when that has no name but its id, or none that this reader may know. */
  readonly subjectName: string | null;
}
export interface Topics {
  readonly alerts: AlertView;
  readonly devices: DeviceView;
  readonly kpis: KpiTile;
  readonly marks: MarkView;
  readonly cells: CellView;
  readonly walls: WallView;
  readonly crews: CrewView;
}
export type TopicName = keyof Topics;
