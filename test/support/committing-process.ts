import { batchOf, openTestStore, T0 } from "./store.ts";

/** Commits numbered readings as fast as it can and tells its parent which are confirmed, until it is killed. */
const [, , directory = "", round = "0"] = process.argv;
const store = await openTestStore(directory);
const { points } = await store.series({ device: 1, metric: "odometerKm", from: 0, to: T0 * 2 });
let n = points.length;
for (;;) {
  n++;
  await store.commit(batchOf([{ device: 1, at: T0 + n, receivedAt: T0 + n, key: n, metrics: { odometerKm: n } }]));
  process.send?.(n);
  if (n % 17 === Number(round) % 17) await store.pack();
}
