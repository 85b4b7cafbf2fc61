import type { Changes } from "../center/changes.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";

/** Something that was planned for a day, with how it goes. */
export interface Item<P, S> {
  readonly planned: P;
  state: S;
}

export interface ItemStore<P extends { readonly id: string; readonly to: Millis }, S> {
  get(id: string): Item<P, S> | undefined;
  all(): Iterable<Item<P, S>>;
  /** Brings the items to what is planned now; those that are wanted no longer are dropped, unless `stays` keeps them. */
  plan(wanted: readonly P[], now: Millis, changes: Changes, hooks: PlanHooks<P, S>): void;
  /** Replaces an item's state and writes it down. */
  set(item: Item<P, S>, state: S, changes: Changes): void;
}

export interface PlanHooks<P, S> {
  readonly fresh: (planned: P) => S;
  readonly added: (item: Item<P, S>) => void;
  readonly stays: (item: Item<P, S>) => boolean;
  readonly dropped: (item: Item<P, S>) => void;
  /** Whether it is too late for a window that was written down only now: what happened in it before, nobody looked at. */
  readonly unwatched?: (planned: P, now: Millis) => boolean;
}

/** More than a quarter of a window had passed when it was written down. */
export const mostlyUnwatched = ({ from, to }: { readonly from: Millis; readonly to: Millis }, now: Millis): boolean =>
  now > from + (to - from) / 4;

/** Planned items of one sort by id, each kept as a small document. */
export function createItems<P extends { readonly id: string; readonly to: Millis }, S>(
  collection: string,
  documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[],
): ItemStore<P, S> {
  const items = new Map<string, Item<P, S>>();
  const stored = new Map<string, Item<P, S>>();
  for (const { collection: name, id, body } of documents) {
    if (name === collection) stored.set(id, body as Item<P, S>);
  }
  const keep = ({ planned, state }: Item<P, S>, changes: Changes): void => {
    changes.putDocument(collection, planned.id, { planned, state } as unknown as Json);
  };

  return {
    get: (id) => items.get(id),
    all: () => items.values(),
    plan(wanted, now, changes, { fresh, added, stays, dropped, unwatched }) {
      const ids = new Set(wanted.map(({ id }) => id));
      for (const [id, item] of stored) if (!items.has(id)) items.set(id, item);
      const restored = new Set(stored.keys());
      stored.clear();
      for (const [id, item] of items) {
        if (ids.has(id) || stays(item)) continue;
        items.delete(id);
        changes.putDocument(collection, id, null);
        dropped(item);
      }
      for (const planned of wanted) {
        const known = items.get(planned.id);
        // What was over before anybody wrote it down is judged by nobody.
        if (!known && (planned.to <= now || unwatched?.(planned, now))) continue;
        const item = { planned, state: known?.state ?? fresh(planned) };
        items.set(planned.id, item);
        if (!known) keep(item, changes);
        if (!known || restored.has(planned.id)) added(item);
      }
      for (const id of restored) {
        const item = items.get(id);
        if (item && !ids.has(id)) added(item);
      }
    },
    set(item, state, changes) {
      item.state = state;
      keep(item, changes);
    },
  };
}
