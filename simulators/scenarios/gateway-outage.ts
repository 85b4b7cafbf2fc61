import { noFaults } from "../faults.ts";
import { quietNeighbourhood } from "../population.ts";
import type { Scenario } from "../scenario.ts";
import { minutesAfter } from "./steps.ts";

const startAt = "2026-03-02T09:00";
const at = minutesAfter(startAt);

/** A LoRaWAN gateway loses its uplink for two hours: one alert about many bins, not one for each, and it recovers. */
export const gatewayOutage: Scenario = {
  id: "gateway-outage",
  title: { en: "Gateway outage", zh: "网关中断" },
  seed: 5,
  startAt,
  durationMinutes: 4 * 60,
  population: { ...quietNeighbourhood, bins: 240, loraShare: 1, vehicles: 2, people: 4 },
  faults: noFaults,
  script: [{ atMinutes: at("09:20"), device: "gw-lora-tianliao", fault: { fault: "silence", minutes: 120 } }],
  expected: [
    {
      ruleId: "device.offline",
      subjectId: "gw-lora-tianliao",
      // Fifteen minutes after its last message, which came at most five minutes before the outage. Its bins, missed from
      // 09:50 on, join it instead of ringing by themselves.
      openAt: at("09:33"),
      clearAt: at("11:27"),
      toleranceSeconds: 300,
      level: 2,
    },
  ],
};
