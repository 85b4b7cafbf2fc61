import { Bars, Panel } from "../panel.tsx";
import { countBy } from "../statistics.ts";
import { useDevices } from "../use-devices.ts";
import type { WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

/** Ammonia limit of a class-2 toilet, 1 mg/m³ as in the alert catalogue, in ppm at 25 °C (24.45 l/mol ÷ 17.03 g/mol). */
const LIMIT_PPM = 1.44;

export function Odour({ session }: WallParts) {
  const rows =
    useDevices(session, "toilet")
      ?.filter(({ metrics }) => metrics.nh3Ppm !== undefined)
      .map(({ id, name, metrics: { nh3Ppm = 0 } }) => ({
        key: id,
        name,
        value: nh3Ppm,
        part: nh3Ppm / (LIMIT_PPM * 1.5),
        text: nh3Ppm.toFixed(2),
        tone: nh3Ppm > LIMIT_PPM ? ("bad" as const) : nh3Ppm > LIMIT_PPM * 0.7 ? ("warn" as const) : ("good" as const),
      }))
      .sort((a, b) => b.value - a.value) ?? null;
  return (
    <Panel title={say("odour")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function Footfall({ session }: WallParts) {
  const rows =
    useDevices(session, "toilet")
      ?.map(({ id, name, metrics: { footfall = 0 } }) => ({ key: id, name, value: footfall }))
      .sort((a, b) => b.value - a.value) ?? null;
  return (
    <Panel title={say("footfall")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function ToiletAlerts({ live, session }: WallParts) {
  const rows = countBy(live.alerts.value, ({ subject, ruleId }) => (subject.kind === "toilet" ? ruleId : null)).map(
    ([rule, value]) => ({ key: rule, name: session.ruleTitle(rule), value }),
  );
  return (
    <Panel title={say("toiletAlerts")}>
      <Bars rows={rows} />
    </Panel>
  );
}
