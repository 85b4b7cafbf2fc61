import { faultsOf, linesOf } from "../src/domain/faults.ts";

/** What does not fit, and where: `batteryPct: Invalid input: expected number, received string`. */
export function explain(error: Parameters<typeof faultsOf>[0]): string {
  return linesOf(faultsOf(error, "the payload"))[0] ?? "the payload does not fit";
}
