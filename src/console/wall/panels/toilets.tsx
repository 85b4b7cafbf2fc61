import { standing } from "../../shared/alert-order.ts";
import { useFigures } from "../figures.ts";
import { Bars, Panel, Ring, ShareRing } from "../panel.tsx";
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

export function Stalls({ session }: WallParts) {
  const rows =
    useDevices(session, "toilet")
      ?.filter(({ metrics: { stalls = 0 } }) => stalls > 0)
      .map(({ id, name, metrics: { stalls = 0, stallsOccupied = 0 } }) => ({
        key: id,
        name,
        value: stallsOccupied / stalls,
        part: stallsOccupied / stalls,
        text: `${stallsOccupied} / ${stalls}`,
        tone: stallsOccupied < stalls ? ("plain" as const) : ("warn" as const),
      }))
      .sort((a, b) => b.value - a.value) ?? null;
  return (
    <Panel title={say("stalls")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function ToiletService({ live, session }: WallParts) {
  const figures = useFigures(session, "toilet.compliance", "toilet.availability");
  const open = live.alerts.value.filter((alert) => alert.subject.kind === "toilet" && standing(alert)).length;
  const toilets = live.totals.value.get("toilet")?.count ?? 0;
  return (
    <Panel title={say("toiletService")}>
      <div class="rings">
        <ShareRing percent={figures.get("toilet.compliance")?.value ?? null} name={say("odourInLimit")} note="" />
        <ShareRing percent={figures.get("toilet.availability")?.value ?? null} name={say("openShare")} note="" />
        <Ring part={open} whole={toilets} name={say("toiletAlerts")} note="" />
      </div>
    </Panel>
  );
}
