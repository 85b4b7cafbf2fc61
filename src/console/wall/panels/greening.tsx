import { Bars, Panel } from "../panel.tsx";
import { countBy } from "../statistics.ts";
import { useDevices } from "../use-devices.ts";
import type { WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

export function Traps({ session }: WallParts) {
  const rows =
    useDevices(session, "pestTrap")
      ?.map(({ id, name, metrics: { catchCount = 0 } }) => ({ key: id, name, value: catchCount }))
      .sort((a, b) => b.value - a.value) ?? null;
  return (
    <Panel title={say("traps")}>
      <Bars rows={rows} />
    </Panel>
  );
}

export function PestAlerts({ live, session }: WallParts) {
  const rows = countBy(live.alerts.value, ({ ruleId, subject }) =>
    subject.kind === "pestTrap" || /^(pest|green)/.test(ruleId) ? ruleId : null,
  ).map(([rule, value]) => ({ key: rule, name: session.ruleTitle(rule), value }));
  return (
    <Panel title={say("pestAlerts")}>
      <Bars rows={rows} />
    </Panel>
  );
}
