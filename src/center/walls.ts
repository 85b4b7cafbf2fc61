import type { Token } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { WallOrder } from "../domain/wall.ts";
import type { Changes } from "./changes.ts";
import { type Revised, Revisions } from "./revisions.ts";

/** A screen that hangs somewhere: a token that only reads, and what it was told to show. */
export interface Wall extends Revised {
  readonly name: string;
  readonly order: WallOrder | null;
}

const COLLECTION = "wallOrder";

export interface WallsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly token: (id: string) => Token | undefined;
  /** Above every revision an earlier run of the process handed out. */
  readonly firstRev: number;
}

export type Walls = ReturnType<typeof createWalls>;

/** Orders to walls, kept over restarts. A wall without an order has no record: it goes round its scenes. */
export function createWalls({ documents, token, firstRev }: WallsParts) {
  const walls = new Revisions<Wall>(firstRev);
  let rev = firstRev;
  const put = (id: string, name: string, order: WallOrder | null) => walls.put({ id, rev: ++rev, name, order });
  for (const { collection, id, body } of documents) {
    const owner = collection === COLLECTION ? token(id) : undefined;
    if (owner) put(id, owner.name, body as WallOrder);
  }
  return {
    /** Read only when the center is settled. */
    revisions: walls,
    orderOf: (id: string, now: Millis): WallOrder | null => {
      const order = walls.get(id)?.order ?? null;
      return order && (order.untilAt === null || order.untilAt > now) ? order : null;
    },
    /** Tells a wall what to show; null sends it back to its round. */
    tell({ id, name }: Pick<Token, "id" | "name">, order: WallOrder | null, changes: Changes): void {
      put(id, name, order);
      changes.putDocument(COLLECTION, id, order as unknown as Json);
    },
  };
}
