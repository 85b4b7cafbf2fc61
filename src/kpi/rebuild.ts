import type { Center } from "../center/access.ts";
import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Store } from "../store/store.ts";

/** Reckons cases anew from their history when the way they are counted has changed, or was never applied to them. */

/** Raised whenever `cases.ts` counts something differently. */
export const KPI_EDITION = 2;
const COLLECTION = "kpi";
const PAGE = 500;

/** Every alert that is kept, with its timeline. */
export async function readHistory(store: Pick<Store, "alertsSince" | "alert">) {
  const history: { alert: Alert; timeline: readonly TimelineEntry[] }[] = [];
  for (let rev = 0; ; ) {
    const page = await store.alertsSince(rev, PAGE);
    for (const { id } of page) {
      const found = await store.alert(id);
      if (found) history.push(found);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return history;
    rev = last.rev;
  }
}

/** @returns how many cases were reckoned; 0 when nothing had to be done */
export async function rebuildWhenNeeded(center: Pick<Center, "store" | "kpis" | "operate">): Promise<number> {
  const { store, kpis } = center;
  const edition = store.restored.documents.find(({ collection, id }) => collection === COLLECTION && id === "edition");
  if (edition?.body === KPI_EDITION) return 0;
  const history = await readHistory(store);
  await center.operate((_now, changes) => {
    if (history.length > 0) kpis.rebuild(history, changes);
    changes.putDocument(COLLECTION, "edition", KPI_EDITION);
  });
  return history.length;
}
