import type { Role, Scope, Work } from "../domain/roles.ts";
import type { Connection } from "./connection.ts";
import type { StateFrame } from "./protocol.ts";
import type { AnyView } from "./topics.ts";

export interface Viewer {
  readonly connection: Connection;
  readonly role: Role;
  readonly scope: Scope;
  /** Crews see their own work only. */
  readonly work?: Work | undefined;
  readonly tokenId: string;
}

/** One question of one screen. */
export interface Subscription {
  readonly id: string;
  readonly viewer: Viewer;
  readonly group: Group;
  /** What the client has; a delta continues from here. */
  rev: number;
  /** Ids of a snapshot that are still to be sent. */
  rest: string[] | null;
  /** Reading the past from the store; live frames wait. */
  loading: boolean;
  skipped: number;
  sentAt: number;
  closed: boolean;
  reset: StateFrame["reset"] | undefined;
}

/** Subscriptions to one view at one pace: flushed together, so that their frames are the same bytes. */
export interface Group {
  readonly key: string;
  readonly view: AnyView;
  readonly everyMs: number;
  readonly members: Set<Subscription>;
  /** When it was last looked at, and when it last had something to say: only that uses up the screen's pace. */
  flushedAt: number;
  sentAt: number;
  timer: NodeJS.Timeout | null;
}
