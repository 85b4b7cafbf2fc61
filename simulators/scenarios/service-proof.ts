import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { emptied, filled, scriptOf, watchClosely } from "./steps.ts";

const startAt = "2026-03-02T04:30";
const { at, says, silent, alert } = scriptOf(startAt);

/** Bins by what happens to them: a truck comes and empties it, comes and does not, never comes, somebody else comes. */
const SERVICED = "bin-0020";
const NOT_EMPTIED = "bin-0025";
const BY_UNKNOWN = "bin-0043";
const LEFT = "bin-0054";
/** A sensor that is silent while its camera sees the bin overflow; and one that stays full after its camera has seen it clean. */
const SEEN_ONLY = { bin: "bin-0075", camera: "camera-013" };
const DENIED = { bin: "bin-0083", camera: "camera-014" };

/** Every way in which an overflowing bin can stop overflowing, and what is said to prove it. */
export const serviceProof: Scenario = {
  id: "service-proof",
  title: { en: "What proves that a bin was emptied", zh: "清运佐证" },
  seed: 11,
  startAt,
  durationMinutes: 4.5 * 60,
  population: quietNeighbourhood,
  faults: noFaults,
  organised: true,
  script: [
    ...[SERVICED, NOT_EMPTIED, BY_UNKNOWN, LEFT, DENIED.bin].map(watchClosely),
    ...filled(at("05:10"), SERVICED, 97),
    ...filled(at("06:20"), NOT_EMPTIED, 97),
    says("06:50", "09:00", NOT_EMPTIED, { fillPct: 97 }),
    ...filled(at("05:10"), BY_UNKNOWN, 97),
    emptied(at("05:50"), BY_UNKNOWN),
    ...filled(at("05:10"), LEFT, 97),
    silent("04:50", "06:30", SEEN_ONLY.bin),
    ...filled(at("05:10"), SEEN_ONLY.bin, 110),
    emptied(at("05:50"), SEEN_ONLY.bin),
    ...filled(at("05:10"), DENIED.bin, 110),
    says("05:12", "06:40", DENIED.bin, { fillPct: 100 }),
    emptied(at("05:40"), DENIED.bin),
  ],
  ignoredRules: ["case.sla_breach", "bin.near_full"],
  expected: [
    // The truck stood there and the level fell: it closes by itself.
    alert("bin.overflow", SERVICED, "05:21", "05:56", { verdict: "serviced", state: "closed" }),
    // The truck stood there and it is as full as before.
    alert("bin.overflow", NOT_EMPTIED, "06:31", null, { verdict: "servicedNotEmptied" }),
    // It is empty and nobody who is followed was there: a person has to look.
    alert("bin.overflow", BY_UNKNOWN, "05:21", "05:51", { verdict: "emptiedByUnknown", state: "cleared" }),
    alert("bin.overflow", LEFT, "05:21", null, { state: "open" }),
    alert("device.offline", SEEN_ONLY.bin, "05:20", "06:45", { clearToleranceSeconds: 900 }),
    // Found clean twice, at least ten minutes apart.
    alert("bin.overflow", SEEN_ONLY.camera, "05:15", "06:04", { toleranceSeconds: 300, verdict: "seenClean" }),
    // Merged with what its sensor says; the sensor is doubted, and believed again when it agrees.
    alert("bin.overflow", DENIED.camera, "05:15", "06:42", { toleranceSeconds: 300 }),
    alert("device.fault", DENIED.bin, "05:54", "06:41", { subtype: "suspect", toleranceSeconds: 300 }),
  ],
};
